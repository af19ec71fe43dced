//! What goes wrong with a folder of archives.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealift_catalog::{Ambiguous, Misnamed, NotFound, SelectError};

/// What went wrong in a store, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is there.
    #[error("there is no {what} {}", path.display())]
    NotFound {
        /// What should be there: `folder`, `archive`.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
    },
    /// Something that is no folder stands where one should.
    #[error("{} is not a folder", path.display())]
    NotADirectory {
        /// What stands there.
        path: PathBuf,
    },
    /// Something that is no regular file stands where one should.
    #[error("{} is {what}, not a file", path.display())]
    NotAFile {
        /// What stands there.
        path: PathBuf,
        /// What it is, with its article.
        what: &'static str,
    },
    /// A file that was to be removed is not known to hold an image.
    #[error("cannot remove {}: it is not known to hold an image ({why})", path.display())]
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// What is known about it instead, a fragment.
        why: String,
    },
    /// Another writer held the folder's lock for too long.
    #[error(
        "{} is locked by {}; waited {} s",
        folder.display(), Holder(holder.as_deref()), waited.as_secs_f32()
    )]
    Locked {
        /// The store's folder.
        folder: PathBuf,
        /// Who has the lock, since when, as they wrote it down.
        holder: Option<String>,
        /// How long the lock was waited for.
        waited: Duration,
    },
    /// A staging file was taken away while it was written.
    #[error("{} is gone: it, or a folder above it, was removed or moved meanwhile", path.display())]
    Vanished {
        /// The staging file.
        path: PathBuf,
    },
    /// The file system ignores case, and a name that differs in case only is there.
    #[error(
        "cannot publish {}: {} is there, and the file system ignores case",
        archive.display(), existing.display()
    )]
    OtherSpelling {
        /// The file of the archive.
        archive: PathBuf,
        /// The file or folder that stands in its place.
        existing: PathBuf,
    },
    /// The operating system refuses.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried: `read`, `remove`.
        operation: &'static str,
        /// What it was tried on.
        path: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },
    /// An archive can't be read, or reading it was broken off.
    #[error(transparent)]
    Archive(#[from] sealift_archive::Error),
}

struct Holder<'a>(Option<&'a str>);

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.unwrap_or("another process"))
    }
}

/// Why an archive that was asked for isn't found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// There is no such archive.
    #[error(transparent)]
    NotFound(Box<NotFound>),
    /// There are several, and only the platform tells them apart.
    #[error(transparent)]
    Ambiguous(Box<Ambiguous>),
    /// There are only archives whose ids belong to other images.
    #[error(transparent)]
    Misnamed(Box<Misnamed>),
    /// The folder can't be read.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<Ambiguous> for FindError {
    fn from(error: Ambiguous) -> Self {
        Self::Ambiguous(Box::new(error))
    }
}

impl From<Misnamed> for FindError {
    fn from(error: Misnamed) -> Self {
        Self::Misnamed(Box::new(error))
    }
}

impl From<SelectError> for FindError {
    fn from(error: SelectError) -> Self {
        match error {
            SelectError::NotFound(error) => Self::NotFound(error),
            SelectError::Ambiguous(error) => Self::Ambiguous(error),
            SelectError::Misnamed(error) => Self::Misnamed(error),
        }
    }
}

/// The sort of an [`Error`], for whoever has to act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A folder or an archive isn't there.
    NotFound,
    /// Something that is no folder stands where one should.
    NotADirectory,
    /// Something that is no regular file stands where one should.
    NotAFile,
    /// A file that was to be removed is not known to hold an image.
    NotAnImage,
    /// A name that differs in case only stands in the place of the archive.
    OtherSpelling,
    /// A file that was being written was taken away.
    Vanished,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The user may not do it.
    PermissionDenied,
    /// The disk or the user's quota is full.
    NoSpace,
    /// Another writer has the folder.
    Locked,
    /// The caller asked to stop.
    Cancelled,
    /// An archive's content is at fault.
    Archive,
    /// Anything else that the operating system refuses.
    Io,
}

impl Error {
    pub(crate) fn io(operation: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Io { operation, path: path.as_ref().to_owned(), source }
    }

    /// Names the operation and the path, for `map_err`.
    pub(crate) fn at<'a>(
        operation: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::io(operation, path, source)
    }

    /// Tells the sort of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::NotADirectory { .. } => ErrorKind::NotADirectory,
            Self::NotAFile { .. } => ErrorKind::NotAFile,
            Self::NotAnImage { .. } => ErrorKind::NotAnImage,
            Self::OtherSpelling { .. } => ErrorKind::OtherSpelling,
            Self::Locked { .. } => ErrorKind::Locked,
            Self::Vanished { .. } => ErrorKind::Vanished,
            Self::Io { source, .. } | Self::Archive(sealift_archive::Error::Io { source, .. }) => {
                kind_of(source)
            }
            Self::Archive(sealift_archive::Error::Cancelled { .. }) => ErrorKind::Cancelled,
            Self::Archive(_) => ErrorKind::Archive,
        }
    }
}

fn kind_of(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::NotADirectory => ErrorKind::NotADirectory,
        io::ErrorKind::IsADirectory => ErrorKind::NotAFile,
        io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::NoSpace,
        _ => ErrorKind::Io,
    }
}
