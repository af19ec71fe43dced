//! A published archive as a source that is read in order, without a file on disk.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use sealift_archive::Source;
use sealift_remote::Download;
use tokio::runtime::Handle;

use crate::error::Error;
use crate::fetch::download::{Answer, Published};
use crate::published::block_check::BlockCheck;

/// The number of bytes at the end that are requested first. They contain the directory of a zip.
const TAIL: u64 = 256 << 10;

/// The number of bytes at the start that are kept. The container is detected from them.
const HEAD: usize = 128 << 10;

/// An archive that is requested while a blocking thread reads it.
///
/// The end of the archive is requested first and kept. Everything before it is requested once and
/// passed on in order; of that, only the start is kept. A server without support for ranges sends
/// the archive twice.
pub(crate) struct ObjectSource<'a> {
    published: &'a Published<'a>,
    runtime: Handle,
    tail: Bytes,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    head: Vec<u8>,
    download: Option<Download>,
    /// The last received bytes, which begin at `position`.
    last: Bytes,
    position: u64,
    blocks: Option<BlockCheck<'a>>,
    failed: Option<Error>,
}

impl<'a> ObjectSource<'a> {
    /// Requests the end of an archive. If `blocks` is given, all bytes are also compared with it.
    ///
    /// # Errors
    ///
    /// Returns an error if the archive is missing, has another size, or cannot be read.
    pub(crate) fn open(
        published: &'a Published<'a>,
        blocks: Option<BlockCheck<'a>>,
        runtime: Handle,
    ) -> Result<Self, Error> {
        let tail = runtime.block_on(read_tail(published))?;
        let (head, last) = (Vec::new(), Bytes::new());
        let state = State { head, download: None, last, position: 0, blocks, failed: None };
        Ok(Self { published, runtime, tail, state: Mutex::new(state) })
    }

    /// Returns the error if reading failed, and the mismatch of the block index if there is one.
    pub(crate) fn finish(self) -> (Option<Error>, Option<String>) {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let wrong = state.blocks.take().and_then(|mut blocks| {
            blocks.push(&self.tail);
            blocks.finish()
        });
        (state.failed, wrong)
    }

    /// Returns the offset of the part that was requested first.
    fn tail_start(&self) -> u64 {
        self.published.size - self.tail.len() as u64
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Receives the next bytes.
    fn receive(&self, state: &mut State<'a>) -> Result<(), Error> {
        let end = self.tail_start();
        let position = state.position + state.last.len() as u64;
        let mut download = match state.download.take() {
            Some(download) => download,
            None => self.runtime.block_on(self.published.get(Some(0..end)))?,
        };
        let chunk = self.runtime.block_on(self.published.chunk(&mut download))?;
        let Some(mut chunk) = chunk else {
            let size = self.published.size;
            return Err(self.published.differs(format!("it has {position} bytes, not {size}")));
        };
        // A server without support for ranges sends the complete archive.
        chunk.truncate(usize::try_from(end - position).unwrap_or(usize::MAX));
        if let Some(blocks) = &mut state.blocks {
            blocks.push(&chunk);
        }
        let kept = HEAD.saturating_sub(state.head.len()).min(chunk.len());
        state.head.extend_from_slice(&chunk[..kept]);
        (state.position, state.last, state.download) = (position, chunk, Some(download));
        Ok(())
    }
}

impl Source for ObjectSource<'_> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.published.size)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if let Some(in_tail) = offset.checked_sub(self.tail_start()) {
            return self.tail.as_ref().read_at(buffer, in_tail);
        }
        let mut state = self.state();
        while offset >= state.position + state.last.len() as u64 {
            let next = state.position + state.last.len() as u64;
            if offset > next && offset >= HEAD as u64 {
                return Err(not_in_order(offset));
            }
            if let Err(error) = self.receive(&mut state) {
                let reason = error.to_string();
                state.failed = Some(error);
                return Err(io::Error::other(reason));
            }
        }
        match offset.checked_sub(state.position) {
            Some(in_last) => state.last.as_ref().read_at(buffer, in_last),
            None if offset < state.head.len() as u64 => state.head.read_at(buffer, offset),
            None => Err(not_in_order(offset)),
        }
    }
}

fn not_in_order(offset: u64) -> io::Error {
    let reason = format!(
        "byte {offset} was requested out of order, but a published archive is read in order"
    );
    io::Error::new(io::ErrorKind::Unsupported, reason)
}

/// Requests the end of an archive. A small archive is requested completely.
async fn read_tail(published: &Published<'_>) -> Result<Bytes, Error> {
    let size = published.size;
    let start = size.saturating_sub(TAIL);
    let (received, download) = if start == 0 {
        (Bytes::new(), published.get(None).await?)
    } else {
        match published.range(start..size).await? {
            Answer::Range(bytes) => return Ok(bytes),
            Answer::Whole(received, download) => (received, download),
        }
    };
    last_bytes(published, received, download).await
}

/// Reads an archive completely and returns its last bytes.
async fn last_bytes(
    published: &Published<'_>,
    received: Bytes,
    mut download: Download,
) -> Result<Bytes, Error> {
    let limit = usize::try_from(TAIL).unwrap_or(usize::MAX);
    let mut tail = BytesMut::new();
    let mut count = 0;
    let mut next = Some(received);
    while let Some(chunk) = next {
        count += chunk.len() as u64;
        if count > published.size {
            let size = published.size;
            return Err(published.differs(format!("it has more than {size} bytes")));
        }
        tail.extend_from_slice(&chunk);
        if tail.len() > 2 * limit {
            tail = tail.split_off(tail.len() - limit);
        }
        next = published.chunk(&mut download).await?;
    }
    if count != published.size {
        return Err(published.differs(format!("it has {count} bytes, not {}", published.size)));
    }
    let surplus = tail.len().saturating_sub(limit);
    Ok(tail.split_off(surplus).freeze())
}
