//! Deflates content into one standard stream, on several threads.
//!
//! The content is cut into blocks, and several small blocks form a batch. Batches go through a
//! queue, from which each idle thread takes the next one. Each batch has a channel of its own for
//! the result. The writer keeps the receiving ends of these channels, the receipts, in the order of
//! the content, and writes the results in this order.
//!
//! The number of batches in progress is limited, so a caller that writes faster than the threads
//! deflate has to wait. Buffers are reused.

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

/// The number of content bytes from which on a batch is passed to a thread. The block that exceeds
/// this number is part of the batch, so a batch has at most one and a half times the content of the
/// largest block.
const BATCH: usize = 128 << 10;

/// The maximum number of batches in progress per thread, including the one it is working on.
const BATCHES_A_THREAD: usize = 2;

/// The maximum number of threads. Each uses 2 MiB, and more would deflate faster than an engine
/// sends.
const MOST_THREADS: usize = 16;

/// A writer that deflates on several threads.
pub(crate) struct ParallelDeflate<W: Write> {
    writer: W,
    threads: Threads,
    cutter: Cutter,
    /// The batch that is being filled.
    filling: Batch,
    /// The receipts of the batches in progress, in the order of the content.
    receipts: VecDeque<Receiver<io::Result<Batch>>>,
    spare: Vec<Batch>,
    crc: crc32fast::Hasher,
    size: u64,
    packed_crc: crc32fast::Hasher,
    blocks: Vec<TableEntry>,
}

/// Several blocks, before and after they are deflated.
#[derive(Default)]
struct Batch {
    input: Vec<u8>,
    /// End of each block in the input.
    ends: Vec<usize>,
    output: Vec<u8>,
    blocks: Vec<TableEntry>,
    /// The CRC-32 of the input.
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
            // Blocks are far smaller than this limit.
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

/// A batch, and the channel for its result.
struct Job {
    batch: Batch,
    done: SyncSender<io::Result<Batch>>,
}

/// The threads that deflate. Dropping this value ends and joins them.
struct Threads {
    /// `None` when there is no more work.
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
                    // Sending fails only if the writer has failed and dropped the receipt.
                    let _ = done.send(deflated.map(|()| batch));
                }
            };
            threads.threads.push(thread::Builder::new().name("deflate".to_owned()).spawn(work)?);
        }
        Ok(threads)
    }

    /// Queues a batch for the next idle thread, and returns the receipt of its result.
    fn give(&self, batch: Batch) -> io::Result<Receiver<io::Result<Batch>>> {
        let (done, receipt) = sync_channel(1);
        let jobs = self.jobs.as_ref();
        jobs.and_then(|jobs| jobs.send(Job { batch, done }).ok()).ok_or_else(broken)?;
        Ok(receipt)
    }
}

/// Waits for the next batch. Returns `None` when there are no more.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    // If a thread panicked while it held the lock, it had not taken a batch.
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

/// The result of deflating.
pub(crate) struct Deflated<W> {
    pub(crate) writer: W,
    /// The CRC-32 of the content.
    pub(crate) crc: u32,
    /// The size of the content in bytes.
    pub(crate) size: u64,
    /// The CRC-32 of the deflated stream.
    pub(crate) packed_crc: u32,
    pub(crate) blocks: Vec<TableEntry>,
}

impl<W: Write> ParallelDeflate<W> {
    /// Creates a writer with one thread per processor, up to [`MOST_THREADS`].
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

    /// Queues the batch that is being filled. If too many are in progress, it first waits for the
    /// oldest one.
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

    /// Waits for the oldest batch in progress, if there is one, and writes it.
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

    /// Completes the stream.
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

/// Returns the error for a thread that has ended, which happens only after a panic.
fn broken() -> io::Error {
    io::Error::other("a compression thread ended unexpectedly")
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

    /// Does nothing, because only the cut rule decides where blocks end.
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
    fn empty_content_is_a_valid_stream() {
        let deflate = ParallelDeflate::new(Vec::new(), Level::Fast).unwrap();
        let deflated = deflate.finish().unwrap();
        assert_eq!((deflated.writer, deflated.crc, deflated.size), (END.to_vec(), 0, 0));
    }

    #[test]
    fn an_error_of_the_writer_is_returned_and_the_threads_end() {
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
