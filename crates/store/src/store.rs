//! The store itself.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealift_catalog::Stat;
use sealift_filename::ArchivePath;

use crate::error::Error;
use crate::fs::own_folder::SEALIFT_FOLDER;
use crate::fs::stat::stat_of;
use crate::fs::sync::sync_folder;
use crate::record::Record;

/// The default time limit for waiting for another writer.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// A folder of archives.
///
/// Clones are cheap and share their state. Every call reads the current content of the folder. Only
/// the records of a read-only folder are cached in memory.
///
/// ```
/// use sealift_store::{ErrorKind, Store};
///
/// let parent = tempfile::tempdir()?;
/// let root = parent.path().join("artifacts");
/// assert_eq!(Store::open(&root).unwrap_err().kind(), ErrorKind::NotFound);
///
/// let store = Store::create(&root)?;
/// assert!(store.scan()?.archives.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
    lock_timeout: Duration,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    /// Records that could not be written.
    memory: Mutex<HashMap<ArchivePath, Record>>,
    /// Held together with the folder's lock. Network file systems implement file locks with locks
    /// of processes, which do not exclude other threads of the same process.
    gate: Mutex<()>,
}

impl Store {
    /// Opens an existing folder.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        match fs::metadata(&root) {
            Ok(metadata) if metadata.is_dir() => Ok(Self::at(root)),
            Ok(_) => Err(Error::NotADirectory { path: root }),
            Err(source) => match source.kind() {
                io::ErrorKind::NotFound => Err(Error::NotFound { what: "folder", path: root }),
                io::ErrorKind::NotADirectory => Err(Error::NotADirectory { path: root }),
                _ => Err(Error::io("open", root, source)),
            },
        }
    }

    /// Opens a folder. Creates it and its parents if they are missing.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let missing: Vec<PathBuf> =
            root.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        match fs::create_dir_all(&root) {
            Ok(()) => {
                for made in missing {
                    // The parent of a relative path with one component is the current folder.
                    let parent = made.parent().filter(|parent| !parent.as_os_str().is_empty());
                    // Errors are ignored, because publishing syncs all folders again.
                    let _ = sync_folder(parent.unwrap_or(Path::new(".")));
                }
                Self::open(root)
            }
            Err(source) => match source.kind() {
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                    Err(Error::NotADirectory { path: root })
                }
                // This path cannot exist, for example below /proc. The kind of the error must not
                // claim that the folder could be found elsewhere.
                io::ErrorKind::NotFound => {
                    Err(Error::io("create the folder", root, io::Error::other(source)))
                }
                _ => Err(Error::io("create the folder", root, source)),
            },
        }
    }

    fn at(root: PathBuf) -> Self {
        Self {
            shared: Arc::new(Shared { root, memory: Mutex::default(), gate: Mutex::default() }),
            lock_timeout: LOCK_TIMEOUT,
        }
    }

    /// Sets the time limit for waiting for another writer. The default is one minute.
    #[must_use]
    pub fn with_lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Returns the path of the folder.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// Returns the path of an archive's file, whether or not it exists.
    pub fn path_of(&self, archive: &ArchivePath) -> PathBuf {
        self.root().join(archive.as_str())
    }

    /// Returns the size and the modification time of an archive's file.
    pub fn stat(&self, archive: &ArchivePath) -> Result<Stat, Error> {
        let path = self.path_of(archive);
        match fs::metadata(&path) {
            Ok(metadata) => Ok(stat_of(&metadata)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(Error::NotFound { what: "archive", path })
            }
            Err(source) => Err(Error::io("access", path, source)),
        }
    }

    pub(crate) fn lock_timeout(&self) -> Duration {
        self.lock_timeout
    }

    pub(crate) fn gate(&self) -> &Mutex<()> {
        &self.shared.gate
    }

    pub(crate) fn memory(&self) -> &Mutex<HashMap<ArchivePath, Record>> {
        &self.shared.memory
    }

    /// Returns the path of a folder below the root, or of the root if `folder` is empty.
    pub(crate) fn folder(&self, folder: &str) -> PathBuf {
        if folder.is_empty() { self.root().to_owned() } else { self.root().join(folder) }
    }

    pub(crate) fn sealift_folder(&self) -> PathBuf {
        self.root().join(SEALIFT_FOLDER)
    }
}
