//! The folder's lock, which writers hold for the moments in which they change what others see.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{MutexGuard, TryLockError as GateError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::fs::OFlags;

use crate::error::{Error, ErrorKind};
use crate::fs::own_folder::make_folder;
use crate::store::Store;

/// The name of the lock file in the folder `.sealift`.
const LOCK_FILE: &str = "lock";

/// How long to wait before a lock is tried again.
const POLL: Duration = Duration::from_millis(20);

/// How much of a holder's text is shown at most.
const LONGEST_HOLDER: u64 = 200;

/// The folder's lock. It is released when the value is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct FolderLock<'a> {
    file: File,
    _gate: MutexGuard<'a, ()>,
}

impl Store {
    /// Locks the folder against other writers.
    pub(crate) fn lock(&self) -> Result<FolderLock<'_>, Error> {
        let folder = self.sealift_folder();
        make_folder(&folder)?;
        let path = folder.join(LOCK_FILE);
        let file = open(&path).map_err(Error::at("open the lock", &path))?;
        let lock = self.wait_for(file, &path)?;
        // Only a text for error messages of others, so a failure does not matter.
        let _ = write_holder(&lock.file);
        Ok(lock)
    }

    /// Locks the folder for removing. If the disk is too full for the lock file, the folder itself
    /// is locked: removing makes room, and nobody else can write until then.
    pub(crate) fn lock_to_remove(&self) -> Result<FolderLock<'_>, Error> {
        match self.lock() {
            Err(error) if error.kind() == ErrorKind::NoSpace => {
                let folder = File::open(self.root()).map_err(Error::at("open", self.root()))?;
                self.wait_for(folder, self.root())
            }
            result => result,
        }
    }

    /// Waits until nobody else holds the lock on a file.
    fn wait_for(&self, file: File, path: &Path) -> Result<FolderLock<'_>, Error> {
        let began = Instant::now();
        loop {
            if let Some(gate) = try_gate(self) {
                match file.try_lock() {
                    Ok(()) => return Ok(FolderLock { file, _gate: gate }),
                    Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(source)) => {
                        return Err(Error::io("lock", path, source));
                    }
                }
            }
            let waited = began.elapsed();
            if waited >= self.lock_timeout() {
                return Err(Error::Locked {
                    folder: self.root().to_owned(),
                    holder: read_holder(&file),
                    waited: self.lock_timeout(),
                });
            }
            thread::sleep(POLL.min(self.lock_timeout() - waited));
        }
    }
}

fn try_gate(store: &Store) -> Option<MutexGuard<'_, ()>> {
    match store.gate().try_lock() {
        Ok(gate) => Some(gate),
        // It protects no value that a panic could have left incomplete.
        Err(GateError::Poisoned(gate)) => Some(gate.into_inner()),
        Err(GateError::WouldBlock) => None,
    }
}

fn open(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let open = |options: &mut OpenOptions| options.read(true).custom_flags(no_follow).open(path);
    match open(OpenOptions::new().write(true).create(true).truncate(false)) {
        // The file of another user cannot be written, but it can be locked.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open(&mut OpenOptions::new()).map_err(|_| error)
        }
        file => file,
    }
}

fn write_holder(mut file: &File) -> io::Result<()> {
    // A file with a second name may be somebody else's.
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.nlink() != 1 {
        return Ok(());
    }
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    let (process, since) = (std::process::id(), Timestamp::now());
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {process} on {host} since {since:.0}")
}

/// Reads who holds the lock. The text is untrusted, so only its first line is used, and only if it
/// has no control characters.
fn read_holder(mut file: &File) -> Option<String> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(LONGEST_HOLDER).read_to_string(&mut text).ok()?;
    let line = text.lines().next()?.trim();
    let is_plain = !line.is_empty() && line.chars().all(|char| !char.is_control());
    is_plain.then(|| line.to_owned())
}
