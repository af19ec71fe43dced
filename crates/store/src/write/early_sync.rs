//! Syncing of a file to the disk while it is still being written.

use std::fs::File;
use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// The number of written bytes after which a sync is started.
const STEP: u64 = 32 << 20;

/// A thread that syncs a file while more bytes are written to it.
///
/// An archive must be on the disk before it becomes visible. Without this thread, the disk would be
/// idle while the archive arrives, and the caller would wait for all of it at the end. Files of
/// less than [`STEP`] bytes need no thread.
#[derive(Debug, Default)]
pub(crate) struct EarlySync {
    /// The number of bytes that were written since the last sync was started.
    unsynced: u64,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    requests: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl EarlySync {
    /// Notes that bytes were written to the file, and starts a sync if there are enough of them.
    pub(crate) fn wrote(&mut self, file: &File, bytes: usize) {
        self.unsynced += bytes as u64;
        if self.unsynced < STEP {
            return;
        }
        self.unsynced = 0;
        if self.running.is_none() {
            // Without the thread, all is synced at the end.
            self.running = Running::start(file).ok();
        }
        self.request();
    }

    /// Starts a sync of everything that was written, if the file is large enough to be synced
    /// early.
    pub(crate) fn request(&self) {
        if let Some(running) = &self.running {
            // If a sync is still running, the next one includes these bytes.
            let _ = running.requests.try_send(());
        }
    }

    /// Syncs everything that was written.
    ///
    /// # Errors
    ///
    /// Also those of earlier syncs: the system reports each failure to write only once.
    pub(crate) fn finish(&mut self, file: &File) -> io::Result<()> {
        self.stop()?;
        file.sync_all()
    }

    fn stop(&mut self) -> io::Result<()> {
        let Some(Running { requests, thread }) = self.running.take() else { return Ok(()) };
        drop(requests);
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Running {
    fn start(file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        let (requests, queue) = sync_channel(1);
        let thread =
            thread::Builder::new().name("sync".to_owned()).spawn(move || sync(&file, &queue))?;
        Ok(Self { requests, thread })
    }
}

fn sync(file: &File, queue: &Receiver<()>) -> io::Result<()> {
    queue.iter().try_for_each(|()| file.sync_data())
}

impl Drop for EarlySync {
    /// Waits for the thread, because its handle of the file keeps the file locked.
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn large_files_are_synced_early_and_small_ones_at_the_end() {
        let mut file = tempfile::tempfile().unwrap();
        let mut early = EarlySync::default();
        let piece = vec![7; 1 << 20];
        for count in 1..=80 {
            file.write_all(&piece).unwrap();
            early.wrote(&file, piece.len());
            assert_eq!(early.running.is_some(), count >= 32, "{count} MiB");
        }
        early.finish(&file).unwrap();
        assert!(early.running.is_none());
    }

    #[test]
    fn the_error_of_an_early_sync_is_returned_at_the_end() {
        // Pipes cannot be synced.
        let (reader, _writer) = io::pipe().unwrap();
        let file = File::from(std::os::fd::OwnedFd::from(reader));
        let mut early = EarlySync::default();
        early.wrote(&file, STEP as usize);
        let kept = tempfile::tempfile().unwrap();
        // The file itself can be synced, so this is the error of the thread.
        assert_eq!(early.finish(&kept).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        early.finish(&kept).unwrap();
    }
}
