//! Hidden files, which are deleted unless they are renamed.

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sealift_catalog::Stat;

use crate::error::{Error, ErrorKind};
use crate::fs::dir::{Dir, parts, split};
use crate::fs::stat::stat_of;
use crate::fs::unique::create_unique;
use crate::store::Store;
use crate::write::early_sync::EarlySync;

const PREFIX: &str = ".sealift-";
const SUFFIX: &str = ".part";

/// The number of attempts to create a file or folder while other writers interfere.
pub(crate) const ATTEMPTS: usize = 100;

/// A file below a store's folder with a name that is not an archive name. Only its owner can read
/// it.
///
/// The file is locked while this value exists, so other writers can recognize that it is in use. It
/// is deleted when dropped, unless it has been renamed.
#[derive(Debug)]
pub(crate) struct HiddenFile {
    pub(crate) store: Store,
    pub(crate) file: File,
    /// Dropped before the file is removed.
    pub(crate) early_sync: EarlySync,
    pub(crate) leftover: Leftover,
}

/// The file and folders to remove when a hidden file is dropped without being renamed.
#[derive(Debug)]
pub(crate) struct Leftover {
    pub(crate) path: PathBuf,
    /// The folder of the file, and the file name.
    pub(crate) place: (Dir, String),
    pub(crate) root: PathBuf,
    /// The folders that were created for the file, outermost first.
    pub(crate) made: Vec<PathBuf>,
    pub(crate) is_kept: bool,
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if !self.is_kept {
            let (folder, name) = &self.place;
            let _ = folder.remove_file(name);
            remove_empty(&self.root, &self.made);
        }
    }
}

fn remove_empty(root: &Path, folders: &[PathBuf]) {
    for folder in folders.iter().rev() {
        let Some(folder) = folder.strip_prefix(root).ok().and_then(Path::to_str) else { continue };
        let (parent, name) = split(folder);
        // Folders that are no longer empty are kept.
        let _ = Dir::open(root, parent).and_then(|parent| parent.remove_empty_folder(name));
    }
}

/// Returns `true` if a name is that of a hidden file.
pub(crate) fn is_hidden_name(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl Store {
    /// Creates a hidden file in a folder below the root. Creates the folder if it is missing.
    pub(crate) fn create_hidden(&self, folder: &str) -> Result<HiddenFile, Error> {
        let path = self.folder(folder);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let made = self.make_folders(folder)?;
            let created = Dir::open(self.root(), folder).and_then(|inner| {
                let (file, name) = create_unique(&inner, PREFIX, SUFFIX, 0o600)?;
                Ok((file, inner, name))
            });
            let (file, inner, name) = match created {
                Ok(created) => created,
                Err(source) => {
                    remove_empty(self.root(), &made);
                    // Another writer may have removed the folder together with its staging file.
                    if source.kind() == io::ErrorKind::NotFound
                        && !folder.is_empty()
                        && attempts < ATTEMPTS
                        && self.root().is_dir()
                    {
                        continue;
                    }
                    return Err(match source.kind() {
                        io::ErrorKind::NotADirectory => Error::NotADirectory { path },
                        _ => Error::io("write a staging file in", path, source),
                    });
                }
            };
            let leftover = Leftover {
                path: path.join(&name),
                place: (inner, name),
                root: self.root().to_owned(),
                made,
                is_kept: false,
            };
            match file.try_lock() {
                // Without locks, only the age of a staging file shows that it is abandoned.
                Ok(()) | Err(TryLockError::Error(_)) => {}
                // Another process is checking whether the file is abandoned, and may delete it.
                Err(TryLockError::WouldBlock) if attempts < ATTEMPTS => continue,
                Err(TryLockError::WouldBlock) => {
                    let source = io::ErrorKind::WouldBlock.into();
                    return Err(Error::io("lock a staging file in", path, source));
                }
            }
            // That process may also have deleted the file just before the lock was taken.
            let (inner, name) = &leftover.place;
            if inner.stat(name).is_err() && attempts < ATTEMPTS {
                continue;
            }
            return Ok(HiddenFile {
                store: self.clone(),
                file,
                early_sync: EarlySync::default(),
                leftover,
            });
        }
    }

    /// Creates missing folders below the root. Returns the created folders, outermost first.
    pub(crate) fn make_folders(&self, folder: &str) -> Result<Vec<PathBuf>, Error> {
        let mut made = Vec::new();
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.try_make_folders(folder, &mut made) {
                Ok(()) => return Ok(made),
                // Another writer may have removed a folder that it had created.
                Err(error) if error.kind() == ErrorKind::NotFound && attempts < ATTEMPTS => {
                    if !self.root().is_dir() {
                        return Err(error);
                    }
                }
                Err(error) => {
                    remove_empty(self.root(), &made);
                    return Err(error);
                }
            }
        }
    }

    fn try_make_folders(&self, folder: &str, made: &mut Vec<PathBuf>) -> Result<(), Error> {
        let mut path = self.root().to_owned();
        let mut above = Dir::open(self.root(), "").map_err(Error::at("write in", &path))?;
        for part in parts(folder) {
            path.push(part);
            let is_made = above.make_folder(part).map_err(Error::at("create the folder", &path))?;
            if is_made && !made.contains(&path) {
                made.push(path.clone());
            }
            above = above.inner(part).map_err(|source| match source.kind() {
                // An archive below a symbolic link would not be found, because scans do not follow
                // links.
                io::ErrorKind::NotADirectory => Error::NotADirectory { path: path.clone() },
                _ => Error::io("open the folder", &path, source),
            })?;
        }
        Ok(())
    }
}

impl HiddenFile {
    /// Returns the path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.leftover.path
    }

    /// Returns an error if the file is no longer at its path.
    pub(crate) fn check_is_there(&self) -> Result<(), Error> {
        let own = self.file.metadata().map_err(|source| self.write_error(source))?;
        let is_own = |found: Metadata| (found.dev(), found.ino()) == (own.dev(), own.ino());
        match fs::symlink_metadata(self.path()).is_ok_and(is_own) {
            true => Ok(()),
            false => Err(Error::Vanished { path: self.path().to_owned() }),
        }
    }

    /// Converts an error of writing the file into an error that contains the path of its folder.
    pub(crate) fn write_error(&self, source: io::Error) -> Error {
        let folder = self.path().parent().unwrap_or(self.store.root());
        Error::io("write a staging file in", folder, source)
    }

    /// Notes that bytes were written to the file, so that they reach the disk early.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.early_sync.wrote(&self.file, bytes);
    }

    /// Syncs the file to the disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.early_sync.finish(&self.file).map_err(|source| self.write_error(source))
    }

    pub(crate) fn stat(&self) -> Result<Stat, Error> {
        let metadata = self.file.metadata().map_err(|source| self.write_error(source))?;
        Ok(stat_of(&metadata))
    }
}

/// Sets the permissions of a file before it becomes visible, to those of any new file.
pub(crate) fn open_up(file: &File, usual: Option<fs::Permissions>) -> io::Result<()> {
    // If the umask is not known, the owner can read and write, and others can read.
    let mode = usual.map_or(0o644, |permissions| permissions.mode() & 0o666);
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealift_filename::ArchiveName;

    use super::*;

    proptest! {
        #[test]
        fn no_staging_name_is_an_archive_name(digits in "[0-9a-f]{16}") {
            let name = format!("{PREFIX}{digits}{SUFFIX}");
            prop_assert!(is_hidden_name(&name));
            prop_assert!(ArchiveName::try_parse(&name).is_none());
        }
    }
}
