//! A writer that hashes and writes a file on another thread.

use std::fs::File;
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sealift_oci::Digest;

use crate::write::hashing_writer::HashingWriter;

/// The maximum number of pieces that wait to be written. It absorbs short delays of the disk.
const PIECES: usize = 4;

/// A writer that hashes and writes on another thread, while the caller's thread verifies. Both take
/// about the same time.
pub(crate) struct BackgroundWriter {
    /// `None` after the last piece was sent.
    pieces: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<io::Result<(File, Digest)>>>,
}

impl BackgroundWriter {
    pub(crate) fn start(file: File) -> io::Result<Self> {
        let (pieces, queue) = sync_channel(PIECES);
        let write = move || write(file, &queue);
        let thread = thread::Builder::new().name("write".to_owned()).spawn(write)?;
        Ok(Self { pieces: Some(pieces), thread: Some(thread) })
    }

    /// Queues a piece to be written. The returned error can be that of an earlier piece.
    pub(crate) fn send(&mut self, piece: Vec<u8>) -> io::Result<()> {
        match self.pieces.as_ref().map(|pieces| pieces.send(piece)) {
            Some(Ok(())) => Ok(()),
            // The thread has stopped, so its result is the error.
            _ => self.end().and(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Waits until everything is written and returns the file and its SHA-256.
    pub(crate) fn finish(mut self) -> io::Result<(File, Digest)> {
        self.end()
    }

    fn end(&mut self) -> io::Result<(File, Digest)> {
        self.pieces = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(written)) => written,
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Drop for BackgroundWriter {
    fn drop(&mut self) {
        self.pieces = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write(file: File, pieces: &Receiver<Vec<u8>>) -> io::Result<(File, Digest)> {
    let mut output = HashingWriter::new(file);
    for piece in pieces {
        output.write_all(&piece)?;
    }
    Ok(output.finish())
}
