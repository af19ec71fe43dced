//! The folder itself.

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

/// How long a writer waits for another one, unless it is told otherwise.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// A folder of archives.
///
/// Clones share what they know. Every call looks at the folder as it is at that moment; nothing but
/// the records of a folder that can't be written is kept in memory.
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
    /// Records that could not be written down.
    memory: Mutex<HashMap<ArchivePath, Record>>,
    /// Held with the folder's lock: where that is emulated by locks of whole processes, as on
    /// network file systems, it doesn't keep threads apart.
    gate: Mutex<()>,
}

impl Store {
    /// Opens a folder that is there.
    ///
    /// # Errors
    ///
    /// If nothing is there, or no folder.
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

    /// Opens a folder, and makes it and its parents where they are missing.
    ///
    /// # Errors
    ///
    /// If something else is in the way, or if the folder can't be made.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let missing: Vec<PathBuf> =
            root.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        match fs::create_dir_all(&root) {
            Ok(()) => {
                for made in missing {
                    // The parent of a bare name is the current folder, which has no other name.
                    let parent = made.parent().filter(|parent| !parent.as_os_str().is_empty());
                    // Best effort: what will be published in it is synced with care.
                    let _ = sync_folder(parent.unwrap_or(Path::new(".")));
                }
                Self::open(root)
            }
            Err(source) => match source.kind() {
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                    Err(Error::NotADirectory { path: root })
                }
                _ => Err(Error::io("make the folder", root, source)),
            },
        }
    }

    fn at(root: PathBuf) -> Self {
        Self {
            shared: Arc::new(Shared { root, memory: Mutex::default(), gate: Mutex::default() }),
            lock_timeout: LOCK_TIMEOUT,
        }
    }

    /// Sets how long to wait for another writer; a minute unless it is set.
    #[must_use]
    pub fn with_lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Gives the folder.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// Gives the file of an archive, whether or not there is one.
    pub fn path_of(&self, archive: &ArchivePath) -> PathBuf {
        self.root().join(archive.as_str())
    }

    /// Gives the size and the age of an archive's file.
    ///
    /// # Errors
    ///
    /// If it isn't there, or can't be asked.
    pub fn stat(&self, archive: &ArchivePath) -> Result<Stat, Error> {
        let path = self.path_of(archive);
        match fs::metadata(&path) {
            Ok(metadata) => Ok(stat_of(&metadata)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(Error::NotFound { what: "archive", path })
            }
            Err(source) => Err(Error::io("look at", path, source)),
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

    /// Gives a folder below the root, empty for the root itself.
    pub(crate) fn folder(&self, folder: &str) -> PathBuf {
        if folder.is_empty() { self.root().to_owned() } else { self.root().join(folder) }
    }

    pub(crate) fn sealift_folder(&self) -> PathBuf {
        self.root().join(SEALIFT_FOLDER)
    }
}
