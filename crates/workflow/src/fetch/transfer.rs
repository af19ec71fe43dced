//! Transfer of an archive's bytes into its unfinished file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use sealift_archive::{Block, BlockIndex, BlockTable};
use sealift_remote::Download;
use sealift_store::{Arriving, Examined, Unfinished};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use crate::error::Error;
use crate::fetch::download::{Answer, BUFFER, Published};
use crate::fetch::local_blocks::LocalBlocks;
use crate::fetch::report::FetchTransfer;
use crate::fetch::segments::Segment;
use crate::run::Run;

/// The number of parts in transfer at the same time. In a new version of an image, about every
/// second part is a small request between parts that are copied.
const AT_ONCE: usize = 160;

/// The number of concurrent requests. Most requests for a new version are small and take one round
/// trip. With a round trip of 40 ms, 64 of them use a connection of 100 Mbit/s fully.
const REQUESTS: usize = 64;

/// The memory for parts in KiB, apart from those that wait for the disk.
const KIBIBYTES: u32 = 4 << 10;

/// The number of threads that copy or check parts.
const THREADS: usize = 4;

/// The number of parts that can wait for the disk.
const WAITING: usize = 2;

/// The minimum number of received bytes that are written directly. Smaller amounts are collected
/// into a piece.
const LARGE: usize = 64 << 10;

/// The size of a piece in bytes.
const PIECE: usize = 256 << 10;

/// The number of missing bytes above which an additional request for the end of a tar pays off.
const WORTH_A_REQUEST: u64 = 16 << 20;

/// The size of the end marker of a tar, in bytes.
const TAR_END: u64 = 1024;

/// An archive that was transferred completely.
pub(crate) struct Transferred {
    pub(crate) transfer: FetchTransfer,
    pub(crate) unfinished: Unfinished,
    /// The blocks of the archive, if each of them was checked.
    pub(crate) blocks: Option<BlockTable>,
    /// The result of the verification, if the archive was verified during the transfer.
    pub(crate) examined: Option<Examined>,
}

/// Writes pieces into an unfinished archive, on a separate thread.
async fn write(
    mut unfinished: Unfinished,
    mut pieces: mpsc::Receiver<Bytes>,
    run: &Run,
) -> Result<Unfinished, Error> {
    run.blocking(move |_| {
        while let Some(bytes) = pieces.blocking_recv() {
            unfinished.append(&bytes)?;
        }
        unfinished.end();
        Ok(unfinished)
    })
    .await
}

/// Verifies an archive while its bytes arrive, on a separate thread.
async fn examine(arriving: Arriving, run: &Run) -> Result<Examined, Error> {
    run.blocking(move |run| Ok(arriving.examine(&|_| run.go_on()))).await
}

/// Fetches the rest of an archive with one request.
pub(crate) async fn fetch_whole(
    published: &Published<'_>,
    unfinished: Unfinished,
) -> Result<Transferred, Error> {
    let there = unfinished.size();
    if there == published.size {
        let transfer = FetchTransfer { bytes_continued: there, ..FetchTransfer::default() };
        return Ok(Transferred { transfer, unfinished, blocks: None, examined: None });
    }
    // The end marker of the tar is requested first. With it, the tar can be verified on arrival.
    let mut end = Vec::new();
    if published.size - there >= WORTH_A_REQUEST {
        match published.range(published.size - TAR_END..published.size).await? {
            Answer::Range(bytes) => end = bytes.to_vec(),
            Answer::Whole(received, download) => {
                return take(published, received, download, unfinished, end).await;
            }
        }
    }
    let range = (there > 0).then_some(there..published.size);
    let download = published.get(range).await?;
    take(published, Bytes::new(), download, unfinished, end).await
}

/// Appends a download to an unfinished archive and verifies it at the same time, on another thread.
/// `received` has the bytes of the download that were read already. Bytes that the file already has
/// are skipped. `end` has the last bytes of the archive, if they are already known.
async fn take(
    published: &Published<'_>,
    received: Bytes,
    download: Download,
    unfinished: Unfinished,
    end: Vec<u8>,
) -> Result<Transferred, Error> {
    let bytes_continued = unfinished.size();
    if download.offset() > bytes_continued {
        return Err(published.differs("the server sent another range".to_owned()));
    }
    let arriving = unfinished.arriving(published.size, end)?;
    let appended = append_all(published, received, download, unfinished);
    let (appended, examined) = tokio::join!(appended, examine(arriving, published.run));
    let ((bytes_fetched, unfinished), examined) = (appended?, examined?);
    let transfer = FetchTransfer { bytes_fetched, bytes_continued, ..FetchTransfer::default() };
    Ok(Transferred { transfer, unfinished, blocks: None, examined: Some(examined) })
}

/// Appends a download to an unfinished archive. Returns the number of bytes in the download.
///
/// Received bytes are written on this thread. While they are in the processor's cache, writing them
/// is faster than passing them on to another thread, and their buffer can be used again.
async fn append_all(
    published: &Published<'_>,
    received: Bytes,
    mut download: Download,
    mut unfinished: Unfinished,
) -> Result<(u64, Unfinished), Error> {
    let (start, there) = (download.offset(), unfinished.size());
    let mut at = start;
    let mut piece = Vec::with_capacity(PIECE);
    let mut next = Some(received);
    while let Some(chunk) = next {
        let known = usize::try_from(there.saturating_sub(at)).unwrap_or(usize::MAX);
        at += chunk.len() as u64;
        if at > published.size {
            return Err(published.differs(format!("it has more than {} bytes", published.size)));
        }
        let bytes = &chunk[known.min(chunk.len())..];
        if piece.is_empty() && bytes.len() >= LARGE {
            unfinished.append(bytes)?;
        } else {
            piece.extend_from_slice(bytes);
            if piece.len() >= PIECE {
                unfinished.append(&piece)?;
                piece.clear();
            }
        }
        drop(chunk);
        next = published.chunk(&mut download).await?;
    }
    if at != published.size {
        return Err(published.differs(format!("it has {at} bytes, not {}", published.size)));
    }
    unfinished.append(&piece)?;
    unfinished.end();
    Ok((at - start, unfinished))
}

/// A part of an archive and the blocks in it.
struct Part {
    segment: Segment,
    blocks: Vec<Block>,
}

/// The limits of concurrent work.
struct Limits {
    memory: Semaphore,
    requests: Semaphore,
    threads: Semaphore,
}

impl Limits {
    fn new() -> Self {
        Self {
            memory: Semaphore::new(KIBIBYTES as usize),
            requests: Semaphore::new(REQUESTS),
            threads: Semaphore::new(THREADS),
        }
    }

    /// Waits until there is memory for a part of this size. Waiters are served in order.
    async fn memory(&self, size: u64) -> Result<SemaphorePermit<'_>, Error> {
        let kibibytes = u32::try_from(size.div_ceil(1024)).unwrap_or(KIBIBYTES).min(KIBIBYTES);
        // The semaphore is never closed.
        self.memory.acquire_many(kibibytes).await.map_err(|_| Error::Interrupted)
    }

    /// Runs a closure on a blocking thread, at most `THREADS` at the same time.
    async fn blocking<T: Send + 'static>(
        &self,
        run: &Run,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _permit = self.threads.acquire().await.map_err(|_| Error::Interrupted)?;
        run.blocking(move |_| Ok(work())).await
    }
}

/// A part that is in memory and was checked.
struct Obtained<'a> {
    _memory: SemaphorePermit<'a>,
    bytes: Bytes,
    /// The index of each source file and the number of bytes copied from it. Empty if the part was
    /// fetched.
    copied: Vec<(u32, u64)>,
}

/// Copies and fetches the parts of an archive, and verifies the archive at the same time.
///
/// Up to `AT_ONCE` parts are copied or requested concurrently, within the limits of memory,
/// requests and threads. They are written in order.
pub(crate) async fn fetch_parts(
    published: &Published<'_>,
    index: &BlockIndex,
    local: LocalBlocks,
    segments: Vec<Segment>,
    unfinished: Unfinished,
) -> Result<Transferred, Error> {
    let (local, limits) = (&Arc::new(local), &Limits::new());
    let mut transfer =
        FetchTransfer { bytes_continued: unfinished.size(), ..FetchTransfer::default() };
    // The first request shows whether the server supports ranges. It asks for the end of the zip,
    // which contains the directory; with that, the other parts can be verified on arrival.
    let first = segments.iter().rposition(|segment| !segment.is_here);
    let (mut probed, mut end) = (None, Vec::new());
    if let Some(first) = first {
        let Segment { range, blocks, .. } = &segments[first];
        match published.range(range.clone()).await? {
            Answer::Range(bytes) => {
                if blocks.is_empty() && range.end == published.size {
                    end = bytes.to_vec();
                }
                probed = Some(bytes);
            }
            Answer::Whole(received, download) => {
                return take(published, received, download, unfinished, Vec::new()).await;
            }
        }
    }
    let (sender, pieces) = mpsc::channel(WAITING);
    let send = async {
        // The sender is moved in here and dropped at the end, which ends the writer.
        let sender = sender;
        let mut blocks = index.blocks().iter().enumerate().peekable();
        let parts = segments.into_iter().enumerate().map(|(number, segment)| {
            while blocks.next_if(|(at, _)| *at < segment.blocks.start).is_some() {}
            let mut inside = Vec::with_capacity(segment.blocks.len());
            while let Some((_, block)) = blocks.next_if(|(at, _)| *at < segment.blocks.end) {
                inside.push(block);
            }
            let probed = if Some(number) == first { probed.take() } else { None };
            obtain(published, Part { segment, blocks: inside }, probed, local, limits)
        });
        let mut obtained = stream::iter(parts).buffered(AT_ONCE);
        let mut counts = BTreeMap::new();
        while let Some(part) = obtained.next().await {
            let Obtained { bytes, copied, _memory } = part?;
            match copied.is_empty() {
                true => transfer.bytes_fetched += bytes.len() as u64,
                false => transfer.bytes_copied += bytes.len() as u64,
            }
            for (file, size) in copied {
                *counts.entry(file).or_insert(0) += size;
            }
            if sender.send(bytes).await.is_err() {
                break;
            }
        }
        transfer.copied_from = most_first(counts, &local.files);
        Ok(transfer)
    };
    let arriving = unfinished.arriving(published.size, end)?;
    let run = published.run;
    let joined = tokio::join!(send, write(unfinished, pieces, run), examine(arriving, run));
    let (transfer, unfinished, examined) = match joined {
        (Ok(transfer), Ok(unfinished), Ok(examined)) => (transfer, unfinished, examined),
        // If writing fails, `send` ends early, and the error of the writer has the reason.
        (Err(error @ Error::Interrupted), ..)
        | (_, Err(error), _)
        | (Err(error), ..)
        | (.., Err(error)) => return Err(error),
    };
    let blocks = Some(index.blocks().clone());
    Ok(Transferred { transfer, unfinished, blocks, examined: Some(examined) })
}

/// Returns the files from which bytes were copied, sorted by the number of bytes, largest first.
fn most_first(counts: BTreeMap<u32, u64>, files: &[PathBuf]) -> Vec<PathBuf> {
    let mut counts: Vec<(u32, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    counts.iter().filter_map(|(file, _)| files.get(*file as usize).cloned()).collect()
}

/// Copies a part from local files, or requests it.
async fn obtain<'a>(
    published: &Published<'_>,
    part: Part,
    probed: Option<Bytes>,
    local: &Arc<LocalBlocks>,
    limits: &'a Limits,
) -> Result<Obtained<'a>, Error> {
    let Part { segment, blocks } = part;
    let _memory = limits.memory(segment.size()).await?;
    let blocks = Arc::new(blocks);
    if segment.is_here {
        let (local, blocks, first) = (Arc::clone(local), Arc::clone(&blocks), segment.blocks.start);
        // The buffer is allocated here and not on the thread that fills it, because the allocator
        // keeps freed memory for the thread that allocated it.
        let size = usize::try_from(segment.size()).unwrap_or_default();
        let room = Vec::with_capacity(size.next_multiple_of(BUFFER));
        let copy = move || local.copy(first, &blocks, room);
        let copied = limits.blocking(published.run, copy).await?;
        // A local file may have changed since the search. Then the part is requested.
        if let Some(copied) = copied {
            return Ok(Obtained { _memory, bytes: copied.bytes.into(), copied: copied.from });
        }
    }
    let mut bytes = match probed {
        Some(bytes) => bytes,
        None => request(published, &segment.range, limits).await?,
    };
    // Bytes that were damaged in transfer are requested once more.
    for is_last in [false, true] {
        let (checked, blocks, start) = (bytes.clone(), Arc::clone(&blocks), segment.range.start);
        let wrong = limits.blocking(published.run, move || first_wrong(&checked, start, &blocks));
        match wrong.await? {
            None => break,
            Some(offset) if is_last => {
                return Err(published.differs(format!(
                    "the bytes from offset {offset} on differ from its block index"
                )));
            }
            Some(_) => bytes = request(published, &segment.range, limits).await?,
        }
    }
    Ok(Obtained { _memory, bytes, copied: Vec::new() })
}

async fn request(
    published: &Published<'_>,
    range: &Range<u64>,
    limits: &Limits,
) -> Result<Bytes, Error> {
    let _permit = limits.requests.acquire().await.map_err(|_| Error::Interrupted)?;
    match published.range(range.clone()).await? {
        Answer::Range(bytes) => Ok(bytes),
        Answer::Whole(..) => {
            let reason = "the server sent ranges first, and then the whole archive";
            Err(published.differs(reason.to_owned()))
        }
    }
}

/// Returns the offset of the first block that differs from the index.
fn first_wrong(bytes: &[u8], start: u64, blocks: &[Block]) -> Option<u64> {
    let is_right = |block: &&Block| {
        let at = usize::try_from(block.offset.checked_sub(start)?).ok()?;
        Some(block.is_packed_as(bytes.get(at..at + block.size as usize)?))
    };
    blocks.iter().find(|block| is_right(block) != Some(true)).map(|block| block.offset)
}
