//! Operations on opened folders that follow no symbolic links.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use rustix::path::Arg;

/// An opened folder. It refers to the same folder even if it is renamed: if someone replaces the
/// folder or one above it, nothing is written to or removed from the replacement.
///
/// All operations are relative to the opened folder and follow no symbolic links. The standard
/// library has no such operations, and `cap-std` follows links that stay below the root.
#[derive(Debug)]
pub(crate) struct Dir(OwnedFd);

/// The properties of a file in a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileInfo {
    pub(crate) kind: FileType,
    /// The size in bytes.
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
}

impl Dir {
    /// Opens a folder below the root, or the root itself if `folder` is empty. Only the root can be
    /// a symbolic link.
    pub(crate) fn open(root: &Path, folder: &str) -> io::Result<Self> {
        let mut opened = Self(File::open(root)?.into());
        for part in parts(folder) {
            opened = opened.inner(part)?;
        }
        Ok(opened)
    }

    /// Opens a folder below the root, and creates missing folders.
    pub(crate) fn create(root: &Path, folder: &str) -> io::Result<Self> {
        let mut opened = Self(File::open(root)?.into());
        for part in parts(folder) {
            opened.make_folder(part)?;
            opened = opened.inner(part)?;
        }
        Ok(opened)
    }

    /// Creates a subfolder. Returns `false` if the name already exists.
    pub(crate) fn make_folder(&self, name: &str) -> io::Result<bool> {
        match rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a subfolder.
    pub(crate) fn inner(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
            Ok(inner) => Ok(Self(inner)),
            // A symbolic link is reported like a file.
            Err(Errno::LOOP) => Err(io::ErrorKind::NotADirectory.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Creates a new file.
    pub(crate) fn create_file(&self, name: &str, mode: u16) -> io::Result<File> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDWR;
        let mode = Mode::from_raw_mode(mode.into());
        Ok(rustix::fs::openat(&self.0, name, flags, mode)?.into())
    }

    /// Opens a file for reading. Does not block on a named pipe.
    pub(crate) fn open_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::RDONLY;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Opens a file for reading and writing. Does not block on a named pipe.
    pub(crate) fn open_to_continue(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::RDWR;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Returns the properties of a file in this folder.
    pub(crate) fn stat(&self, name: impl Arg) -> io::Result<FileInfo> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let nanoseconds = i32::try_from(stat.st_mtime_nsec).ok();
        let modified = nanoseconds.and_then(|ns| Timestamp::new(stat.st_mtime, ns).ok());
        Ok(FileInfo {
            kind: FileType::from_raw_mode(stat.st_mode),
            size: u64::try_from(stat.st_size).unwrap_or(0),
            // A time out of range counts as the earliest one, as in `fs::stat`.
            modified: modified.unwrap_or(Timestamp::MIN),
        })
    }

    /// Returns the names in this folder with their file types, without `.` and `..`.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, FileType)>> {
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not list types.
                FileType::Unknown => self.stat(entry.file_name())?.kind,
                kind => kind,
            };
            entries.push((OsStr::from_bytes(name).to_owned(), kind));
        }
        Ok(entries)
    }

    /// Renames a file, also to another folder.
    pub(crate) fn rename(&self, name: &str, target: &Self, new_name: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, name, &target.0, new_name)?)
    }

    /// Renames a file in this folder to a name that does not exist.
    ///
    /// Some network file systems cannot do this atomically. On these, a file that is created with
    /// the new name between the check and the renaming is replaced.
    pub(crate) fn rename_new(&self, name: &str, new_name: &str) -> io::Result<()> {
        match rustix::fs::renameat_with(&self.0, name, &self.0, new_name, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => match self.stat(new_name) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.rename(name, self, new_name)
                }
                Err(error) => Err(error),
            },
            renamed => Ok(renamed?),
        }
    }

    pub(crate) fn remove_file(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(crate) fn remove_empty_folder(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }
}

/// Splits the path of a folder into its components.
pub(crate) fn parts(folder: &str) -> impl Iterator<Item = &str> {
    folder.split('/').filter(|part| !part.is_empty())
}

/// Splits a path into the folder and the file name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
