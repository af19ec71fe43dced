//! Values that are read from files and reloaded when the files change.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::event::ServeEvent;
use crate::options::EventHandler;
use crate::unusable_file::UnusableFile;

/// The minimum time between two checks of the files.
const INTERVAL: Duration = Duration::from_secs(1);

/// A value that is read from files. If changed files cannot be used, the last value is kept.
pub(crate) struct Reloading<T> {
    files: Vec<PathBuf>,
    read: fn(&[PathBuf]) -> Result<T, UnusableFile>,
    state: Mutex<Loaded<T>>,
    on_event: EventHandler,
}

struct Loaded<T> {
    value: Arc<T>,
    stamps: Vec<Option<Stamp>>,
    checked: Instant,
}

/// The properties by which a change of a file is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(file: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(file).ok()?;
        Some(Self {
            inode: (metadata.dev(), metadata.ino()),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

impl<T: Send + Sync + 'static> Reloading<T> {
    /// Reads the value. Blocks.
    pub(crate) fn new(
        files: Vec<PathBuf>,
        read: fn(&[PathBuf]) -> Result<T, UnusableFile>,
        on_event: EventHandler,
    ) -> Result<Arc<Self>, UnusableFile> {
        let stamps = stamps(&files);
        let value = Arc::new(read(&files)?);
        let state = Mutex::new(Loaded { value, stamps, checked: Instant::now() });
        Ok(Arc::new(Self { files, read, state, on_event }))
    }

    /// Returns the value. Checks the files before, if the last check is more than a second ago.
    pub(crate) async fn get(self: &Arc<Self>) -> Arc<T> {
        let is_due = {
            let mut state = self.lock();
            let is_due = state.checked.elapsed() >= INTERVAL;
            if is_due {
                // Other requests get the last value until the check is done.
                state.checked = Instant::now();
            }
            is_due
        };
        if is_due {
            let reloading = Arc::clone(self);
            let _ = tokio::task::spawn_blocking(move || reloading.check()).await;
        }
        Arc::clone(&self.lock().value)
    }

    /// Reads the value again if a file has changed.
    fn check(&self) {
        // Taken before the files are read, so that the next check detects changes during reading.
        let now = stamps(&self.files);
        if self.lock().stamps == now {
            return;
        }
        let read = (self.read)(&self.files);
        let event = {
            let mut state = self.lock();
            state.stamps = now;
            match read {
                Ok(value) => {
                    state.value = Arc::new(value);
                    ServeEvent::Reloaded { files: self.files.clone() }
                }
                Err(error) => ServeEvent::NotReloaded { reason: error.to_string() },
            }
        };
        (self.on_event)(event);
    }

    fn lock(&self) -> MutexGuard<'_, Loaded<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    files.iter().map(|file| Stamp::of(file)).collect()
}

impl<T> fmt::Debug for Reloading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading").field("files", &self.files).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ServerOptions;

    fn number(files: &[PathBuf]) -> Result<u32, UnusableFile> {
        let fails = |reason: String| UnusableFile::new("the number", &files[0], reason);
        let text = std::fs::read_to_string(&files[0]).map_err(|error| fails(error.to_string()))?;
        text.parse().map_err(|_| fails("it is no number".to_owned()))
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_broken_one_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        let events = Arc::<Mutex<Vec<ServeEvent>>>::default();
        let seen = Arc::clone(&events);
        let options =
            ServerOptions::default().with_on_event(move |event| seen.lock().unwrap().push(event));
        let files = vec![file.clone()];
        assert!(Reloading::new(files.clone(), number, options.on_event.clone()).is_err());
        std::fs::write(&file, "1").unwrap();
        let reloading = Reloading::new(files.clone(), number, options.on_event.clone()).unwrap();
        let value = || *reloading.lock().value;
        reloading.check();
        assert_eq!((value(), events.lock().unwrap().len()), (1, 0));
        for (text, expected) in [("22", 22), ("broken", 22), ("333", 333)] {
            std::fs::write(&file, text).unwrap();
            reloading.check();
            reloading.check();
            assert_eq!(value(), expected);
        }
        std::fs::remove_file(&file).unwrap();
        reloading.check();
        assert_eq!(value(), 333);
        let events = std::mem::take(&mut *events.lock().unwrap());
        let is_reloaded = |event: &ServeEvent| matches!(event, ServeEvent::Reloaded { .. });
        assert_eq!(events.iter().map(is_reloaded).collect::<Vec<_>>(), [true, false, true, false]);
        let reason = format!("cannot use the number {}: it is no number", file.display());
        assert_eq!(events[1], ServeEvent::NotReloaded { reason });
    }
}
