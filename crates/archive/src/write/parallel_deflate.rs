//! Deflates a stream on several threads into one standard stream.
//!
//! Whichever thread is free takes the next block, and for each block there is a receipt, in the stream's order, by
//! which it comes back. Few blocks are on their way at a time; who writes faster than they are deflated waits. Buffers
//! go round.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::write::deflate_block::{BLOCK, BlockDeflater, END};
use crate::write::level::Level;

/// How many blocks are on their way for each thread, the one that it works on included.
const BLOCKS_A_THREAD: usize = 2;

/// More deflate faster than an engine sends, and each has its 2 MiB.
const MOST_THREADS: usize = 16;

/// Deflates what is written to it.
pub(crate) struct ParallelDeflate<W: Write> {
    writer: W,
    threads: Threads,
    /// The block that is being filled.
    filling: BlockBuffers,
    /// What is on its way, in the stream's order.
    receipts: VecDeque<Receiver<io::Result<BlockBuffers>>>,
    spare: Vec<BlockBuffers>,
    crc: crc32fast::Hasher,
    size: u64,
    packed_crc: crc32fast::Hasher,
    lengths: Vec<(u32, u32)>,
}

/// A block on its way to a thread and back.
#[derive(Default)]
struct BlockBuffers {
    input: Vec<u8>,
    output: Vec<u8>,
    crc: crc32fast::Hasher,
}

impl BlockBuffers {
    fn deflate(&mut self, deflater: &mut BlockDeflater) -> io::Result<()> {
        self.crc = crc32fast::Hasher::new();
        self.crc.update(&self.input);
        deflater.deflate(&self.input, &mut self.output)
    }
}

/// A block, and where to give it back.
struct Job {
    block: BlockBuffers,
    done: SyncSender<io::Result<BlockBuffers>>,
}

/// The threads that deflate; they end with this value.
struct Threads {
    /// None once there is no more work.
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    fn start(level: Level, count: usize) -> io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(count * BLOCKS_A_THREAD);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Self { jobs: Some(jobs), threads: Vec::with_capacity(count) };
        for _ in 0..count {
            let queue = Arc::clone(&queue);
            let mut deflater = BlockDeflater::new(level)?;
            let work = move || {
                while let Some(Job { mut block, done }) = next(&queue) {
                    let deflated = block.deflate(&mut deflater);
                    // Where nobody waits for it any more, the writer has failed.
                    let _ = done.send(deflated.map(|()| block));
                }
            };
            threads.threads.push(thread::Builder::new().name("deflate".to_owned()).spawn(work)?);
        }
        Ok(threads)
    }

    /// Passes a block to the next thread that is free, and returns a receipt for it.
    fn give(&self, block: BlockBuffers) -> io::Result<Receiver<io::Result<BlockBuffers>>> {
        let (done, receipt) = sync_channel(1);
        let jobs = self.jobs.as_ref();
        jobs.and_then(|jobs| jobs.send(Job { block, done }).ok()).ok_or_else(broken)?;
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
    /// The packed and the plain length of each block.
    pub(crate) lengths: Vec<(u32, u32)>,
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
            filling: BlockBuffers::default(),
            receipts: VecDeque::new(),
            spare: Vec::new(),
            crc: crc32fast::Hasher::new(),
            size: 0,
            packed_crc: crc32fast::Hasher::new(),
            lengths: Vec::new(),
        })
    }

    /// Passes the block that is full, or is the last one, to a thread.
    fn send(&mut self) -> io::Result<()> {
        if self.receipts.len() >= self.threads.threads.len() * BLOCKS_A_THREAD {
            self.receive()?;
        }
        let mut next = self.spare.pop().unwrap_or_default();
        next.input.clear();
        let block = std::mem::replace(&mut self.filling, next);
        self.receipts.push_back(self.threads.give(block)?);
        Ok(())
    }

    /// Takes the next block back and writes it, if there is one on its way.
    fn receive(&mut self) -> io::Result<()> {
        let Some(receipt) = self.receipts.pop_front() else { return Ok(()) };
        let block = receipt.recv().map_err(|_| broken())??;
        self.crc.combine(&block.crc);
        self.size += block.input.len() as u64;
        self.packed_crc.update(&block.output);
        // A block and what it is deflated to are far below this limit.
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.lengths.push((length(&block.output), length(&block.input)));
        self.writer.write_all(&block.output)?;
        self.spare.push(block);
        Ok(())
    }

    /// Ends the stream.
    pub(crate) fn finish(mut self) -> io::Result<Deflated<W>> {
        if !self.filling.input.is_empty() {
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
            lengths: self.lengths,
        })
    }
}

/// A thread is gone, which it only is after a panic.
fn broken() -> io::Error {
    io::Error::other("a thread that deflates has ended")
}

impl<W: Write> Write for ParallelDeflate<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = BLOCK - self.filling.input.len();
        let count = bytes.len().min(room);
        self.filling.input.extend_from_slice(&bytes[..count]);
        if self.filling.input.len() >= BLOCK {
            self.send()?;
        }
        Ok(count)
    }

    /// Does nothing: a block that isn't full would only cost size.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

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
