//! Deflates a stream on several threads into one standard stream.
//!
//! The stream is cut into blocks, and several small ones are a batch. Whichever thread is free
//! takes the next batch, and for each there is a receipt, in the stream's order, by which it comes
//! back. Few batches are on their way at a time; a caller that writes faster than they are deflated
//! waits. Buffers are used again.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use sealift_oci::Digest;

use crate::block_table::{BlockChecksums, TableEntry};
use crate::write::cut::cutter::Cutter;
use crate::write::deflate_block::{BlockDeflater, END};
use crate::write::level::Level;

/// From how much content on a batch is passed to a thread. With the block that exceeds it, a batch
/// has half as much again as the largest block.
const BATCH: usize = 128 << 10;

/// How many batches are on their way for each thread, the one that it works on included.
const BATCHES_A_THREAD: usize = 2;

/// More deflate faster than an engine sends, and each has its 2 MiB.
const MOST_THREADS: usize = 16;

/// Deflates what is written to it.
pub(crate) struct ParallelDeflate<W: Write> {
    writer: W,
    threads: Threads,
    cutter: Cutter,
    /// The batch that is being filled.
    filling: Batch,
    /// What is on its way, in the stream's order.
    receipts: VecDeque<Receiver<io::Result<Batch>>>,
    spare: Vec<Batch>,
    crc: crc32fast::Hasher,
    size: u64,
    packed_crc: crc32fast::Hasher,
    blocks: Vec<TableEntry>,
}

/// Blocks on their way to a thread and back.
#[derive(Default)]
struct Batch {
    input: Vec<u8>,
    /// Where each block ends in the input.
    ends: Vec<usize>,
    output: Vec<u8>,
    blocks: Vec<TableEntry>,
    /// The checksum of the input.
    crc: crc32fast::Hasher,
}

impl Batch {
    fn clear(&mut self) {
        self.input.clear();
        self.ends.clear();
        self.output.clear();
        self.blocks.clear();
        self.crc = crc32fast::Hasher::new();
    }

    fn deflate(&mut self, deflater: &mut BlockDeflater) -> io::Result<()> {
        let mut start = 0;
        for &end in &self.ends {
            let (plain, packed_at) = (&self.input[start..end], self.output.len());
            deflater.deflate(plain, &mut self.output)?;
            let packed = &self.output[packed_at..];
            let mut crc = crc32fast::Hasher::new();
            crc.update(plain);
            self.crc.combine(&crc);
            let checksums = BlockChecksums::new(Digest::of(packed), crc.finalize());
            // A block and what it is deflated to are far below this limit.
            let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            self.blocks.push(TableEntry {
                size: length(packed),
                plain_size: length(plain),
                checksums: Some(checksums),
            });
            start = end;
        }
        Ok(())
    }
}

/// A batch, and where to return it.
struct Job {
    batch: Batch,
    done: SyncSender<io::Result<Batch>>,
}

/// The threads that deflate; they end with this value.
struct Threads {
    /// None once there is no more work.
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    fn start(level: Level, count: usize) -> io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(count * BATCHES_A_THREAD);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Self { jobs: Some(jobs), threads: Vec::with_capacity(count) };
        for _ in 0..count {
            let queue = Arc::clone(&queue);
            let mut deflater = BlockDeflater::new(level)?;
            let work = move || {
                while let Some(Job { mut batch, done }) = next(&queue) {
                    let deflated = batch.deflate(&mut deflater);
                    // If nobody waits for it any more, the writer has failed.
                    let _ = done.send(deflated.map(|()| batch));
                }
            };
            threads.threads.push(thread::Builder::new().name("deflate".to_owned()).spawn(work)?);
        }
        Ok(threads)
    }

    /// Passes a batch to the next thread that is free, and returns a receipt for it.
    fn give(&self, batch: Batch) -> io::Result<Receiver<io::Result<Batch>>> {
        let (done, receipt) = sync_channel(1);
        let jobs = self.jobs.as_ref();
        jobs.and_then(|jobs| jobs.send(Job { batch, done }).ok()).ok_or_else(broken)?;
        Ok(receipt)
    }
}

/// Waits for work; none once there is no more.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    // A thread that panics while it waits has taken nothing.
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// What was deflated.
pub(crate) struct Deflated<W> {
    pub(crate) writer: W,
    /// The checksum of what was written, and its size in bytes.
    pub(crate) crc: u32,
    pub(crate) size: u64,
    /// The checksum of the stream itself.
    pub(crate) packed_crc: u32,
    pub(crate) blocks: Vec<TableEntry>,
}

impl<W: Write> ParallelDeflate<W> {
    /// Starts a thread a processor.
    pub(crate) fn new(writer: W, level: Level) -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::with_threads(writer, level, count.min(MOST_THREADS))
    }

    pub(crate) fn with_threads(writer: W, level: Level, count: usize) -> io::Result<Self> {
        Ok(Self {
            writer,
            threads: Threads::start(level, count.max(1))?,
            cutter: Cutter::new(),
            filling: Batch::default(),
            receipts: VecDeque::new(),
            spare: Vec::new(),
            crc: crc32fast::Hasher::new(),
            size: 0,
            packed_crc: crc32fast::Hasher::new(),
            blocks: Vec::new(),
        })
    }

    /// Passes the batch that is full, or is the last one, to a thread.
    fn send(&mut self) -> io::Result<()> {
        if self.receipts.len() >= self.threads.threads.len() * BATCHES_A_THREAD {
            self.receive()?;
        }
        let mut next = self.spare.pop().unwrap_or_default();
        next.clear();
        let batch = std::mem::replace(&mut self.filling, next);
        self.receipts.push_back(self.threads.give(batch)?);
        Ok(())
    }

    /// Takes the next batch back and writes it, if there is one on its way.
    fn receive(&mut self) -> io::Result<()> {
        let Some(receipt) = self.receipts.pop_front() else { return Ok(()) };
        let batch = receipt.recv().map_err(|_| broken())??;
        self.crc.combine(&batch.crc);
        self.size += batch.input.len() as u64;
        self.packed_crc.update(&batch.output);
        self.blocks.extend_from_slice(&batch.blocks);
        self.writer.write_all(&batch.output)?;
        self.spare.push(batch);
        Ok(())
    }

    /// Ends the stream.
    pub(crate) fn finish(mut self) -> io::Result<Deflated<W>> {
        if !self.filling.input.is_empty() {
            let length = self.filling.input.len();
            if self.filling.ends.last() != Some(&length) {
                self.filling.ends.push(length);
            }
            self.send()?;
        }
        while !self.receipts.is_empty() {
            self.receive()?;
        }
        self.packed_crc.update(&END);
        self.writer.write_all(&END)?;
        Ok(Deflated {
            writer: self.writer,
            crc: self.crc.finalize(),
            size: self.size,
            packed_crc: self.packed_crc.finalize(),
            blocks: self.blocks,
        })
    }
}

/// A thread is gone, which it only is after a panic.
fn broken() -> io::Error {
    io::Error::other("a thread that deflates has ended")
}

impl<W: Write> Write for ParallelDeflate<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (count, is_end) = self.cutter.read(bytes);
        self.filling.input.extend_from_slice(&bytes[..count]);
        let length = self.filling.input.len();
        if is_end {
            self.filling.ends.push(length);
        }
        if is_end && length >= BATCH {
            self.send()?;
        }
        Ok(count)
    }

    /// Does nothing: a block ends where the cut rule ends it.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use crate::write::cut::cutter::MOST as BLOCK;

    use super::*;

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let content: Vec<u8> =
            (0..3 * BLOCK as u32 + 77).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let deflated = |count| {
            let mut deflate =
                ParallelDeflate::with_threads(Vec::new(), Level::Default, count).unwrap();
            for piece in content.chunks(10_007) {
                deflate.write_all(piece).unwrap();
            }
            deflate.finish().unwrap()
        };
        let one = deflated(1);
        assert_eq!((one.crc, one.size), (crc32fast::hash(&content), content.len() as u64));
        assert_eq!(one.packed_crc, crc32fast::hash(&one.writer));
        let mut back = Vec::new();
        flate2::read::DeflateDecoder::new(&one.writer[..]).read_to_end(&mut back).unwrap();
        assert!(back == content);
        for count in [2, 3, 8] {
            assert!(deflated(count).writer == one.writer, "{count}");
        }
    }

    #[test]
    fn nothing_is_a_stream_too() {
        let deflate = ParallelDeflate::new(Vec::new(), Level::Fast).unwrap();
        let deflated = deflate.finish().unwrap();
        assert_eq!((deflated.writer, deflated.crc, deflated.size), (END.to_vec(), 0, 0));
    }

    #[test]
    fn an_error_of_the_writer_is_given_and_the_threads_end() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut deflate = ParallelDeflate::with_threads(Full, Level::Fast, 2).unwrap();
        let error = deflate.write_all(&vec![0; 10 * BLOCK]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
