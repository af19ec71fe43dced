//! Files that are being written, out of everybody's sight.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sealift_filename::Repository;

use crate::error::{Error, ErrorKind};
use crate::fs::dir::{Dir, parts, split};
use crate::fs::unique::create_unique;
use crate::store::Store;

const PREFIX: &str = ".sealift-";
const SUFFIX: &str = ".part";

/// How often making a staging file is tried again, when other writers get in between.
pub(crate) const ATTEMPTS: usize = 100;

/// A file that is being written and will become an archive, if all goes well.
///
/// It stands in the folder in which the archive will, under a hidden name that no archive can have,
/// readable for its owner alone, and is locked as long as this value lives, so that other writers
/// see that it isn't abandoned. Without [`publish`](Self::publish) it goes when the value goes.
#[derive(Debug)]
pub struct Staging {
    pub(crate) store: Store,
    pub(crate) file: File,
    pub(crate) leftover: Leftover,
}

/// What goes with a staging file that isn't published.
#[derive(Debug)]
pub(crate) struct Leftover {
    pub(crate) path: PathBuf,
    /// The folder that it is in, and its name there.
    pub(crate) place: (Dir, String),
    pub(crate) root: PathBuf,
    /// The folders that were made for it, outermost first.
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
        // Others may have put something there meanwhile, then it stays.
        let _ = Dir::open(root, parent).and_then(|parent| parent.remove_empty_folder(name));
    }
}

/// Tells a staging file by its name.
pub(crate) fn is_staging_name(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl Store {
    /// Begins a file that will become an archive of this image; without one, of an image that only
    /// the content will tell.
    ///
    /// # Errors
    ///
    /// If the folder can't be written, or if something else stands where it should be.
    pub fn stage(&self, repository: Option<&Repository>) -> Result<Staging, Error> {
        let folder = repository.map(Repository::folder).unwrap_or_default();
        let path = self.folder(&folder);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let made = self.make_folders(&folder)?;
            let created = Dir::open(self.root(), &folder).and_then(|inner| {
                let (file, name) = create_unique(&inner, PREFIX, SUFFIX, 0o600)?;
                Ok((file, inner, name))
            });
            let (file, inner, name) = match created {
                Ok(created) => created,
                Err(source) => {
                    remove_empty(self.root(), &made);
                    // Another writer has given up, and taken the folder away with its staging file.
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
                // Where there are no locks, only a staging file's age tells that it is abandoned.
                Ok(()) | Err(TryLockError::Error(_)) => {}
                // Another writer looks right now whether the file is abandoned, and may well find
                // that it is.
                Err(TryLockError::WouldBlock) if attempts < ATTEMPTS => continue,
                Err(TryLockError::WouldBlock) => {
                    let source = io::ErrorKind::WouldBlock.into();
                    return Err(Error::io("lock a staging file in", path, source));
                }
            }
            // The same, a moment earlier.
            let (inner, name) = &leftover.place;
            if inner.stat(name).is_err() && attempts < ATTEMPTS {
                continue;
            }
            return Ok(Staging { store: self.clone(), file, leftover });
        }
    }

    /// Makes the folders below the root that are missing; gives those that were made, outermost
    /// first.
    pub(crate) fn make_folders(&self, folder: &str) -> Result<Vec<PathBuf>, Error> {
        let mut made = Vec::new();
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.try_make_folders(folder, &mut made) {
                Ok(()) => return Ok(made),
                // Another writer has given up, and taken a folder away that it had made.
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
            let is_made = above.make_folder(part).map_err(Error::at("make the folder", &path))?;
            if is_made && !made.contains(&path) {
                made.push(path.clone());
            }
            above = above.inner(part).map_err(|source| match source.kind() {
                // Behind a link nobody would find the archive: scans don't follow it.
                io::ErrorKind::NotADirectory => Error::NotADirectory { path: path.clone() },
                _ => Error::io("open the folder", &path, source),
            })?;
        }
        Ok(())
    }
}

impl Staging {
    /// Gives the file, to write to it and to read it back.
    pub fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives where the file is.
    pub fn path(&self) -> &Path {
        &self.leftover.path
    }

    /// Makes sure that nobody has taken the file away.
    ///
    /// # Errors
    ///
    /// If it isn't where it was made.
    pub fn check_is_there(&self) -> Result<(), Error> {
        let own = self.file.metadata().map_err(|source| self.write_error(source))?;
        let is_own = |found: Metadata| (found.dev(), found.ino()) == (own.dev(), own.ino());
        match fs::symlink_metadata(self.path()).is_ok_and(is_own) {
            true => Ok(()),
            false => Err(Error::Vanished { path: self.path().to_owned() }),
        }
    }

    /// Makes an error of this crate out of one that came from writing the file, so that it says where.
    pub fn write_error(&self, source: io::Error) -> Error {
        let folder = self.path().parent().unwrap_or(self.store.root());
        Error::io("write a staging file in", folder, source)
    }
}

impl Write for Staging {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for Staging {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Staging {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// Sets the permissions of a file that others may see now, those that any new file gets.
pub(crate) fn open_up(file: &File, usual: Option<fs::Permissions>) -> io::Result<()> {
    // Where nothing tells what the user's mask leaves, the owner may read and write, others read.
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
        fn no_staging_name_is_an_archives(digits in "[0-9a-f]{16}") {
            let name = format!("{PREFIX}{digits}{SUFFIX}");
            prop_assert!(is_staging_name(&name));
            prop_assert!(ArchiveName::try_parse(&name).is_none());
        }
    }
}
