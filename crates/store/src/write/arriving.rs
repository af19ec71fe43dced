//! Archives that are verified while they are written.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use sealift_archive::{ExamineOptions, Proof, Source, examine};

/// An unfinished archive that is verified while its bytes are written, from
/// [`Unfinished::arriving`](crate::Unfinished::arriving).
///
/// [`examine`](Self::examine) waits for bytes, so it needs a thread of its own. It ends when all
/// are written, or when the [`Unfinished`](crate::Unfinished) is dropped.
#[derive(Debug)]
#[must_use = "nothing is verified before it is examined"]
pub struct Arriving {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) size: u64,
    /// The end of the archive, which the directory of a zip is in.
    pub(crate) end: Vec<u8>,
    pub(crate) progress: Arc<Progress>,
}

/// What the verification of an archive found while it was written.
#[derive(Debug)]
#[must_use = "the archive becomes visible by `Unfinished::finish_examined`"]
pub struct Examined {
    pub(crate) result: Result<Proof, sealift_archive::Error>,
    pub(crate) size: u64,
    pub(crate) end: Vec<u8>,
    /// Which file it was.
    pub(crate) progress: Arc<Progress>,
}

impl Arriving {
    /// Returns the size that the archive will have.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Verifies the archive as its bytes come. `on_bytes` is called with the number of bytes
    /// verified since the last call; the verification ends when it breaks.
    pub fn examine(self, on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync)) -> Examined {
        let options = ExamineOptions::new().with_input(&*self.path).with_on_bytes(on_bytes);
        let result = examine(&self, &options);
        Examined { result, size: self.size, end: self.end, progress: self.progress }
    }
}

impl Source for Arriving {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let end = self.size.saturating_sub(self.end.len() as u64);
        if let Some(offset) = offset.checked_sub(end) {
            return self.end.read_at(buffer, offset);
        }
        let there = self.progress.wait_for(offset).min(end).saturating_sub(offset);
        if there == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the rest was not written"));
        }
        let most = usize::try_from(there).unwrap_or(usize::MAX).min(buffer.len());
        Source::read_at(&self.file, &mut buffer[..most], offset)
    }
}

/// How many bytes of a file are written.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    written: u64,
    is_ended: bool,
}

impl Progress {
    /// Notes that there are this many bytes.
    pub(crate) fn note(&self, written: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).written = written;
        self.changed.notify_all();
    }

    /// Notes that no more bytes come.
    pub(crate) fn end(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_ended = true;
        self.changed.notify_all();
    }

    /// Waits for bytes at an offset, and returns how many there are from the start. There are none
    /// at the offset if no more come.
    fn wait_for(&self, offset: u64) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut State| state.written <= offset && !state.is_ended;
        self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner).written
    }
}
