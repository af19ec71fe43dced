//! Verification of archives while they are written.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use sealift_archive::{ExamineOptions, Proof, Source, examine};

/// An unfinished archive that is verified while its bytes are appended, created by
/// [`Unfinished::arriving`](crate::Unfinished::arriving).
///
/// [`examine`](Self::examine) blocks until bytes arrive, so it needs a separate thread. It ends
/// when all bytes are written, or when the [`Unfinished`](crate::Unfinished) is dropped.
#[derive(Debug)]
#[must_use = "nothing is verified until `examine` is called"]
pub struct Arriving {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) size: u64,
    /// The last bytes of the archive, which contain the directory of a zip.
    pub(crate) end: Vec<u8>,
    pub(crate) progress: Arc<Progress>,
}

/// The result of verifying an archive while it was written.
#[derive(Debug)]
#[must_use = "pass it to `Unfinished::finish_examined`"]
pub struct Examined {
    pub(crate) result: Result<Proof, sealift_archive::Error>,
    pub(crate) size: u64,
    pub(crate) end: Vec<u8>,
    /// Identifies the file that was verified.
    pub(crate) progress: Arc<Progress>,
}

impl Arriving {
    /// Returns the size of the complete archive in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Verifies the archive while its bytes arrive. `on_bytes` is called with the number of bytes
    /// verified since the last call. The verification is cancelled if it returns `Break`.
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

/// The number of written bytes, shared between the writer and the verification.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    written: u64,
    is_ended: bool,
    /// Whether the verification waits. Waking a thread is a system call.
    is_awaited: bool,
}

impl State {
    /// Returns `true` if the caller must wait until there are bytes at an offset, and notes that it
    /// waits.
    fn must_wait_for(&mut self, offset: u64) -> bool {
        let waits = self.written <= offset && !self.is_ended;
        // Another thread may wait for a later offset.
        self.is_awaited |= waits;
        waits
    }
}

impl Progress {
    /// Sets the number of bytes in the file.
    pub(crate) fn note(&self, written: u64) {
        self.change(|state| state.written = written);
    }

    /// Marks the file as ended: no more bytes will be written.
    pub(crate) fn end(&self) {
        self.change(|state| state.is_ended = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        if std::mem::take(&mut state.is_awaited) {
            self.changed.notify_all();
        }
    }

    /// Waits until there are bytes at an offset, and returns the number of bytes in the file. If
    /// the file has ended, the number may not exceed the offset.
    fn wait_for(&self, offset: u64) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut State| state.must_wait_for(offset);
        self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner).written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_goes_on_leaves_another_one_waiting() {
        let mut state = State { written: 500, ..State::default() };
        assert!(state.must_wait_for(1000));
        assert!(!state.must_wait_for(10));
        assert!(state.is_awaited, "the first thread must be woken");
        state.is_ended = true;
        assert!(!state.must_wait_for(1000));
    }
}
