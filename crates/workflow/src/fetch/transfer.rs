//! The bytes of an archive on their way into its unfinished file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use sealift_archive::{Block, BlockIndex, BlockTable};
use sealift_remote::Download;
use sealift_store::{Examined, Unfinished};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use crate::error::Error;
use crate::fetch::download::{Answer, BUFFER, Published};
use crate::fetch::local_blocks::LocalBlocks;
use crate::fetch::report::FetchTransfer;
use crate::fetch::segments::Segment;
use crate::run::Run;

/// How many parts are under way at the same time. In a new version, about every second one is a
/// small request between parts that are copied.
const AT_ONCE: usize = 160;

/// How many requests are under way at the same time. Most of a new version are small, and take as
/// long as the way to the server and back: with 40 ms and 100 Mbit/s, 64 requests fill the line.
const REQUESTS: usize = 64;

/// How many KiB of parts are in memory at most, apart from those that wait for the disk.
const KIBIBYTES: u32 = 4 << 10;

/// How many parts are copied or checked at the same time, each on a thread.
const THREADS: usize = 4;

/// How many parts may wait for the disk.
const WAITING: usize = 2;

/// The size of the pieces of a whole archive.
const PIECE: usize = 256 << 10;

/// How large the rest of an archive is that is worth another request, in bytes.
const WORTH_A_REQUEST: u64 = 16 << 20;

/// The size of the mark at the end of a tar, in bytes.
const TAR_END: u64 = 1024;

/// An archive whose bytes are all there.
pub(crate) struct Transferred {
    pub(crate) transfer: FetchTransfer,
    pub(crate) unfinished: Unfinished,
    /// Its blocks, if each was checked.
    pub(crate) blocks: Option<BlockTable>,
    /// What was found in it, if it was verified while it was written.
    pub(crate) examined: Option<Examined>,
}

/// Writes pieces into an unfinished archive, on a thread of its own.
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

/// Writes what is sent, and verifies it meanwhile, on a thread of its own. The archive ends with
/// `end`, if that is known.
///
/// The error of the disk says why nothing could be sent to it any more.
async fn write_examined<T>(
    published: &Published<'_>,
    unfinished: Unfinished,
    pieces: mpsc::Receiver<Bytes>,
    end: Vec<u8>,
    sent: impl Future<Output = Result<T, Error>>,
) -> Result<(T, Unfinished, Examined), Error> {
    let arriving = unfinished.arriving(published.size, end)?;
    let examined = published.run.blocking(move |run| Ok(arriving.examine(&|_| run.go_on())));
    match tokio::join!(sent, write(unfinished, pieces, published.run), examined) {
        (Ok(sent), Ok(unfinished), Ok(examined)) => Ok((sent, unfinished, examined)),
        (Err(error @ Error::Interrupted), ..)
        | (_, Err(error), _)
        | (Err(error), ..)
        | (.., Err(error)) => Err(error),
    }
}

/// Fetches the rest of an archive in one piece.
pub(crate) async fn fetch_whole(
    published: &Published<'_>,
    unfinished: Unfinished,
) -> Result<Transferred, Error> {
    let there = unfinished.size();
    if there == published.size {
        let transfer = FetchTransfer { bytes_continued: there, ..FetchTransfer::default() };
        return Ok(Transferred { transfer, unfinished, blocks: None, examined: None });
    }
    // How a tar ends is requested first, so that it is verified while it comes.
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

/// Writes a download, of which these bytes were received already, after what is there of the
/// archive, and verifies it meanwhile. It ends with `end`, if that is known.
async fn take(
    published: &Published<'_>,
    received: Bytes,
    mut download: Download,
    unfinished: Unfinished,
    end: Vec<u8>,
) -> Result<Transferred, Error> {
    let there = unfinished.size();
    if download.offset() > there {
        return Err(published.differs("the server sent another range".to_owned()));
    }
    let (sender, pieces) = mpsc::channel(WAITING);
    let send = async move {
        let mut at = download.offset();
        let mut fetched = 0;
        let mut piece = BytesMut::with_capacity(PIECE);
        let mut next = Some(received);
        while let Some(chunk) = next {
            fetched += chunk.len() as u64;
            let known = usize::try_from(there.saturating_sub(at)).unwrap_or(usize::MAX);
            at += chunk.len() as u64;
            if at > published.size {
                return Err(published.differs(format!("it has more than {} bytes", published.size)));
            }
            piece.extend_from_slice(chunk.get(known..).unwrap_or_default());
            // If the writer has given up, its own error states why.
            if piece.len() >= PIECE && sender.send(piece.split().freeze()).await.is_err() {
                return Ok(fetched);
            }
            next = published.chunk(&mut download).await?;
        }
        if at != published.size {
            return Err(published.differs(format!("it has {at} bytes, not {}", published.size)));
        }
        let _ = sender.send(piece.freeze()).await;
        Ok(fetched)
    };
    let (bytes_fetched, unfinished, examined) =
        write_examined(published, unfinished, pieces, end, send).await?;
    let transfer =
        FetchTransfer { bytes_fetched, bytes_continued: there, ..FetchTransfer::default() };
    Ok(Transferred { transfer, unfinished, blocks: None, examined: Some(examined) })
}

/// A part of an archive, with its blocks.
struct Part {
    segment: Segment,
    blocks: Vec<Block>,
}

/// What limits how much is done at the same time.
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

    /// Waits until a part of this size can be in memory. Those that came first are served first.
    async fn memory(&self, size: u64) -> Result<SemaphorePermit<'_>, Error> {
        let kibibytes = u32::try_from(size.div_ceil(1024)).unwrap_or(KIBIBYTES).min(KIBIBYTES);
        // Nobody closes it.
        self.memory.acquire_many(kibibytes).await.map_err(|_| Error::Interrupted)
    }

    /// Runs work on one of the threads.
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
    /// How many bytes came from which local file; none if they were fetched.
    copied: Vec<(u32, u64)>,
}

/// Copies and fetches the parts of an archive. It is verified meanwhile.
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
    // The first request shows whether the server knows ranges. It is for the end, which has the
    // directory of the zip: with that, the other parts can be verified as they come.
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
        // The last one lives in here, so that the writer ends with it.
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
    let (transfer, unfinished, examined) =
        write_examined(published, unfinished, pieces, end, send).await?;
    let blocks = Some(index.blocks().clone());
    Ok(Transferred { transfer, unfinished, blocks, examined: Some(examined) })
}

/// Returns the files from which bytes were copied, those with the most first.
fn most_first(counts: BTreeMap<u32, u64>, files: &[PathBuf]) -> Vec<PathBuf> {
    let mut counts: Vec<(u32, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    counts.iter().filter_map(|(file, _)| files.get(*file as usize).cloned()).collect()
}

/// Copies a part, or requests it.
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
        // Not on the thread that fills it: each keeps the memory that was allocated on it.
        let size = usize::try_from(segment.size()).unwrap_or_default();
        let room = Vec::with_capacity(size.next_multiple_of(BUFFER));
        let copy = move || local.copy(first, &blocks, room);
        let copied = limits.blocking(published.run, copy).await?;
        // What has changed meanwhile is requested.
        if let Some(copied) = copied {
            return Ok(Obtained { _memory, bytes: copied.bytes.into(), copied: copied.from });
        }
    }
    let mut bytes = match probed {
        Some(bytes) => bytes,
        None => request(published, &segment.range, limits).await?,
    };
    // A line that damages bytes may do better the second time.
    for is_last in [false, true] {
        let (checked, blocks, start) = (bytes.clone(), Arc::clone(&blocks), segment.range.start);
        let wrong = limits.blocking(published.run, move || first_wrong(&checked, start, &blocks));
        match wrong.await? {
            None => break,
            Some(offset) if is_last => {
                return Err(published.differs(format!(
                    "the bytes from {offset} on are not those of its block index"
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

/// Returns where the first block starts that is not what the index states.
fn first_wrong(bytes: &[u8], start: u64, blocks: &[Block]) -> Option<u64> {
    let is_right = |block: &&Block| {
        let at = usize::try_from(block.offset.checked_sub(start)?).ok()?;
        Some(block.is_packed_as(bytes.get(at..at + block.size as usize)?))
    };
    blocks.iter().find(|block| is_right(block) != Some(true)).map(|block| block.offset)
}
