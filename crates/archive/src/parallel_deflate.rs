//! Deflates a stream on several threads into one standard stream.
//!
//! Blocks go to the threads in turn and come back in turn, so that their order needs no bookkeeping: the
//! next result is always that of the thread whose turn it is. Each thread has few blocks at a time; who
//! writes faster than they deflate waits. Buffers go round.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::Level;
use crate::deflate_block::{BLOCK, BlockDeflater, END};

/// How many blocks a thread has at a time, the one that it works on included.
const BLOCKS_A_THREAD: usize = 2;

/// More deflate faster than an engine sends, and each has its 2 MiB.
const MOST_THREADS: usize = 16;

/// Deflates what is written to it.
pub(crate) struct ParallelDeflate<W: Write> {
    writer: W,
    threads: Vec<Worker>,
    /// The block that is being filled.
    filling: Job,
    /// How many blocks were given away, and how many have come back.
    sent: usize,
    received: usize,
    spare: Vec<Job>,
    crc: crc32fast::Hasher,
    size: u64,
}

/// A block on its way to a thread and back.
#[derive(Default)]
struct Job {
    input: Vec<u8>,
    output: Vec<u8>,
    crc: crc32fast::Hasher,
}

struct Worker {
    /// None once there is no more work.
    jobs: Option<SyncSender<Job>>,
    results: Receiver<io::Result<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn start(level: Level) -> io::Result<Self> {
        let (jobs, todo) = sync_channel::<Job>(BLOCKS_A_THREAD);
        let (done, results) = sync_channel(BLOCKS_A_THREAD);
        let mut deflater = BlockDeflater::new(level)?;
        let thread = thread::Builder::new().name("deflate".to_owned()).spawn(move || {
            for mut job in todo {
                let result = job.carry_out(&mut deflater).map(|()| job);
                if done.send(result).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs: Some(jobs), results, thread: Some(thread) })
    }
}

impl Job {
    fn carry_out(&mut self, deflater: &mut BlockDeflater) -> io::Result<()> {
        self.crc = crc32fast::Hasher::new();
        self.crc.update(&self.input);
        deflater.deflate(&self.input, &mut self.output)
    }

    fn is_full(&self) -> bool {
        self.input.len() >= BLOCK
    }
}

/// What was deflated.
pub(crate) struct Deflated<W> {
    pub(crate) writer: W,
    /// The checksum of what was written, and its size in bytes.
    pub(crate) crc: u32,
    pub(crate) size: u64,
}

impl<W: Write> ParallelDeflate<W> {
    /// Starts a thread a processor.
    pub(crate) fn new(writer: W, level: Level) -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::with_threads(writer, level, count.min(MOST_THREADS))
    }

    pub(crate) fn with_threads(writer: W, level: Level, count: usize) -> io::Result<Self> {
        let threads = (0..count.max(1)).map(|_| Worker::start(level)).collect::<io::Result<_>>()?;
        Ok(Self {
            writer,
            threads,
            filling: Job::default(),
            sent: 0,
            received: 0,
            spare: Vec::new(),
            crc: crc32fast::Hasher::new(),
            size: 0,
        })
    }

    /// Gives the block that is full, or is the last one, to the thread whose turn it is.
    fn send(&mut self) -> io::Result<()> {
        if self.sent - self.received >= self.threads.len() * BLOCKS_A_THREAD {
            self.receive()?;
        }
        let mut next = self.spare.pop().unwrap_or_default();
        next.input.clear();
        let job = std::mem::replace(&mut self.filling, next);
        let turn = self.sent % self.threads.len();
        let jobs = self.threads[turn].jobs.as_ref();
        jobs.and_then(|jobs| jobs.send(job).ok()).ok_or_else(broken)?;
        self.sent += 1;
        Ok(())
    }

    /// Takes the next block back and writes it.
    fn receive(&mut self) -> io::Result<()> {
        let turn = self.received % self.threads.len();
        let job = self.threads[turn].results.recv().map_err(|_| broken())??;
        self.received += 1;
        self.crc.combine(&job.crc);
        self.size += job.input.len() as u64;
        self.writer.write_all(&job.output)?;
        self.spare.push(job);
        Ok(())
    }

    /// Ends the stream.
    pub(crate) fn finish(mut self) -> io::Result<Deflated<W>> {
        if !self.filling.input.is_empty() {
            self.send()?;
        }
        while self.received < self.sent {
            self.receive()?;
        }
        self.writer.write_all(&END)?;
        let Self { writer, crc, size, threads, .. } = self;
        drop(threads);
        Ok(Deflated { writer, crc: crc.finalize(), size })
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
        if self.filling.is_full() {
            self.send()?;
        }
        Ok(count)
    }

    /// Does nothing: a block that isn't full would only cost size.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without more work it ends; what it still has to give fits into its channel.
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
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
