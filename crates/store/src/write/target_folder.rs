//! Writing of files into folders of other programs.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use rustix::fs::FileType;
use sealift_catalog::Stat;

use crate::error::Error;
use crate::fs::abandoned::open_abandoned;
use crate::fs::dir::{Dir, FileInfo};
use crate::fs::sync::sync_folder;
use crate::store::Store;
use crate::write::hidden_file::{HiddenFile, is_hidden_name};

/// A folder of another program, such as the one from which a cluster imports images.
///
/// A folder of another program, such as the one from which a cluster imports images.
///
/// It is not a folder of archives: it has no records and no lock, and all other files in it belong
/// to someone else. Files become visible under their names when they are complete. Before that, a
/// program that watches the folder sees only a hidden file whose name ends in `.part`.
///
/// ```
/// use std::io::Write;
///
/// use sealift_store::TargetFolder;
///
/// let dir = tempfile::tempdir()?;
/// let folder = TargetFolder::open(dir.path())?;
/// let mut file = folder.stage()?;
/// file.write_all(b"content")?;
/// assert!(folder.files()?.is_empty());
///
/// let time = "2026-01-02T03:04:05Z".parse()?;
/// let stat = file.publish("web.tar", None, Some(time))?;
/// assert_eq!(folder.files()?, [("web.tar".to_owned(), stat)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TargetFolder(Store);

/// A file for a [`TargetFolder`] that is being written. It is deleted when dropped, unless it is
/// [published](Self::publish).
#[derive(Debug)]
#[must_use = "the file is removed when this is dropped"]
pub struct TargetFile(HiddenFile);

impl TargetFolder {
    /// Opens an existing folder.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Store::open(path).map(Self)
    }

    /// Opens a folder. Creates it and its parents if they are missing.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Store::create(path).map(Self)
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        self.0.root()
    }

    /// Returns the names of the regular files in the folder, with their sizes and times, sorted by
    /// name. Symbolic links and names that are not UTF-8 are left out.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read.
    pub fn files(&self) -> Result<Vec<(String, Stat)>, Error> {
        let mut files = Vec::new();
        for (name, kind) in self.entries()? {
            let Ok(name) = name.into_string() else { continue };
            if kind == FileType::RegularFile
                && !is_hidden_name(&name)
                && let Some(stat) = self.stat(&name)?
            {
                files.push((name, stat));
            }
        }
        files.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(files)
    }

    /// Returns the size and the time of a regular file, or `None` if the name does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is not that of a regular file, or if the folder cannot be read.
    pub fn stat(&self, name: &str) -> Result<Option<Stat>, Error> {
        stat_in(&self.opened()?, name, self.path())
    }

    /// Creates a hidden file that only its owner can read.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be written.
    pub fn stage(&self) -> Result<TargetFile, Error> {
        self.0.create_hidden("").map(TargetFile)
    }

    /// Removes a regular file, durably, if it still has this size and time. Returns `false` if the
    /// name does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is not that of a regular file, if the file has changed, or if
    /// it cannot be removed.
    pub fn remove(&self, name: &str, stat: Stat) -> Result<bool, Error> {
        // The folder is opened once, so that all steps use the same one even if it is replaced.
        let folder = self.opened()?;
        let path = self.path().join(name);
        match stat_in(&folder, name, self.path())? {
            None => return Ok(false),
            Some(now) if now != stat => return Err(Error::Changed { path }),
            Some(_) => {}
        }
        match folder.remove_file(name) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(Error::io("remove", path, source)),
        }
        sync_folder(self.path()).map_err(Error::at("sync the folder", self.path()))?;
        Ok(true)
    }

    /// Removes hidden files of writers that no longer run.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read. Files that cannot be removed are kept.
    pub fn sweep(&self) -> Result<(), Error> {
        let folder = self.opened()?;
        for (name, _) in self.entries()? {
            let Some(name) = name.to_str().filter(|name| is_hidden_name(name)) else { continue };
            // The lock is released only after the removal, so that no writer can take over the
            // file.
            if let Some((_locked, _)) = open_abandoned(&folder, name) {
                let _ = folder.remove_file(name);
            }
        }
        Ok(())
    }

    fn opened(&self) -> Result<Dir, Error> {
        Dir::open(self.path(), "").map_err(Error::at("open", self.path()))
    }

    fn entries(&self) -> Result<Vec<(std::ffi::OsString, FileType)>, Error> {
        self.opened()?.entries().map_err(Error::at("read the folder", self.path()))
    }
}

impl TargetFile {
    /// Renames the file to its final name, atomically and durably. Returns its size and time.
    ///
    /// `replaced` is the regular file with this name that can be replaced, as returned by
    /// [`TargetFolder::stat`]. If it is `None`, the name must not exist.
    ///
    /// `modified` is the modification time to set; `None` keeps the current one. Everyone who can
    /// read the folder can read the file.
    ///
    /// # Errors
    ///
    /// Returns an error if the name contains a `/`, if it belongs to another file, or if the disk
    /// or the folder cannot be written.
    pub fn publish(
        self,
        name: &str,
        replaced: Option<Stat>,
        modified: Option<Timestamp>,
    ) -> Result<Stat, Error> {
        let Self(mut hidden) = self;
        let folder = TargetFolder(hidden.store.clone());
        let path = folder.path().join(name);
        if name.contains('/') {
            let source = io::ErrorKind::InvalidFilename.into();
            return Err(Error::io("publish", path, source));
        }
        let write_error = |source| hidden.write_error(source);
        prepare(&hidden.file, folder.path(), modified).map_err(write_error)?;
        hidden.sync()?;
        let stat = hidden.stat()?;
        hidden.check_is_there()?;
        let (from, hidden_name) = &hidden.leftover.place;
        let renamed = match (replaced, stat_in(from, name, folder.path())?) {
            // A file that was removed in the meantime leaves the name free.
            (_, None) => from.rename_new(hidden_name, name),
            (Some(replaced), Some(now)) if replaced == now => from.rename(hidden_name, from, name),
            (_, Some(_)) => return Err(Error::Changed { path }),
        };
        renamed.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => Error::Changed { path: path.clone() },
            _ => Error::io("publish", &path, source),
        })?;
        hidden.leftover.is_kept = true;
        sync_folder(folder.path()).map_err(Error::at("sync the folder", folder.path()))?;
        Ok(stat)
    }
}

/// Returns the size and the time of a regular file in an opened folder, or `None` if the name does
/// not exist. `path` is the path of the folder for messages.
fn stat_in(folder: &Dir, name: &str, path: &Path) -> Result<Option<Stat>, Error> {
    let path = path.join(name);
    let what = match folder.stat(name) {
        Ok(FileInfo { kind: FileType::RegularFile, size, modified }) => {
            return Ok(Some(Stat { size, modified }));
        }
        Ok(FileInfo { kind: FileType::Directory, .. }) => "a folder",
        Ok(FileInfo { kind: FileType::Symlink, .. }) => "a symbolic link",
        Ok(_) => "something else",
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::io("access", path, source)),
    };
    Err(Error::NotAFile { path, what })
}

/// Sets the permissions and the modification time of a file.
fn prepare(file: &File, folder: &Path, modified: Option<Timestamp>) -> io::Result<()> {
    let mode = fs::metadata(folder)?.permissions().mode();
    file.set_permissions(Permissions::from_mode(0o600 | mode & 0o044))?;
    if let Some(modified) = modified {
        file.set_modified(SystemTime::try_from(modified).map_err(io::Error::other)?)?;
    }
    Ok(())
}

impl Write for TargetFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.0.file.write(bytes)?;
        self.0.wrote(count);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.file.flush()
    }
}
