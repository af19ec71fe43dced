//! The folder's lock. Writers hold it only while they make visible changes.

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

/// The time between two attempts to lock.
const POLL: Duration = Duration::from_millis(20);

/// The largest number of bytes that are read from the text of a lock's holder.
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
        // The text is only used in error messages of other processes, so errors are ignored.
        let _ = write_holder(&lock.file);
        Ok(lock)
    }

    /// Locks the folder for removals. If the disk is too full to create the lock file, the folder
    /// itself is locked. This is safe, because no other process can write on a full disk.
    pub(crate) fn lock_to_remove(&self) -> Result<FolderLock<'_>, Error> {
        match self.lock() {
            Err(error) if error.kind() == ErrorKind::NoSpace => {
                let folder = File::open(self.root()).map_err(Error::at("open", self.root()))?;
                self.wait_for(folder, self.root())
            }
            result => result,
        }
    }

    /// Waits until the lock on a file is available.
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
        // The mutex protects no data, so a panic of another thread has no effect.
        Err(GateError::Poisoned(gate)) => Some(gate.into_inner()),
        Err(GateError::WouldBlock) => None,
    }
}

fn open(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let open = |options: &mut OpenOptions| options.read(true).custom_flags(no_follow).open(path);
    match open(OpenOptions::new().write(true).create(true).truncate(false)) {
        // The lock file of another user cannot be written, but it can be locked.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open(&mut OpenOptions::new()).map_err(|_| error)
        }
        file => file,
    }
}

fn write_holder(mut file: &File) -> io::Result<()> {
    // A file with a second hard link may belong to someone else.
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

/// Reads the description of the lock's holder. The text is untrusted: only the first line is used,
/// and only if it has no control characters.
fn read_holder(mut file: &File) -> Option<String> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(LONGEST_HOLDER).read_to_string(&mut text).ok()?;
    let line = text.lines().next()?.trim();
    let is_plain = !line.is_empty() && line.chars().all(|char| !char.is_control());
    is_plain.then(|| line.to_owned())
}
