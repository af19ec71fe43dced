//! Errors of a store.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::iter::successors;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealift_catalog::SelectError;
use sealift_oci::Digest;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// The error of an operation on a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A folder or an archive does not exist.
    #[error("there is no {what} {}", path.display())]
    NotFound {
        /// The missing kind: `folder` or `archive`.
        what: &'static str,
        /// The path.
        path: PathBuf,
    },
    /// A path that should be a folder is something else.
    #[error("{} is not a folder", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// A path that should be a regular file is something else.
    #[error("{} is {what}, not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// The actual kind, with an article.
        what: &'static str,
    },
    /// A file cannot be removed because it is not known to contain an image.
    #[error("cannot remove {}: it is not known to contain an image ({why})", path.display())]
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// The known content of the file, or the reason why it is not known.
        why: String,
    },
    /// Another process has changed or created a file since it was examined. The file is kept.
    #[error("{} was changed by another process", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Another writer held the folder's lock for longer than the timeout.
    #[error(
        "{} is locked by {}; waited {} s",
        folder.display(), Holder(holder.as_deref()), waited.as_secs_f32()
    )]
    Locked {
        /// The store's folder.
        folder: PathBuf,
        /// The process that holds the lock and since when, as it has written into the lock file.
        holder: Option<String>,
        /// The timeout.
        waited: Duration,
    },
    /// An archive cannot be published under a name that does not match its content.
    #[error("cannot publish {}: {reason}", archive.display())]
    OtherName {
        /// The path under which it was to be published.
        archive: PathBuf,
        /// The mismatch, a clause.
        reason: String,
    },
    /// A complete file does not have the expected SHA-256.
    #[error("the file has the SHA-256 {}, not {}", found.hex(), expected.hex())]
    OtherContent {
        /// The expected SHA-256.
        expected: Digest,
        /// The actual SHA-256.
        found: Digest,
    },
    /// A staging file was removed while it was written.
    #[error("{} no longer exists: it or a folder above it was removed or moved", path.display())]
    Vanished {
        /// The staging file.
        path: PathBuf,
    },
    /// The file system ignores case, and a name that differs only in case exists.
    #[error(
        "cannot publish {}: {} exists, and the file system ignores case",
        archive.display(), existing.display()
    )]
    OtherSpelling {
        /// The file of the archive.
        archive: PathBuf,
        /// The file or folder that exists.
        existing: PathBuf,
    },
    /// An operation of the operating system failed.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// The operation, for example `read` or `remove`.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// An archive cannot be read, or reading it was cancelled.
    #[error(transparent)]
    Archive(#[from] sealift_archive::Error),
}

struct Holder<'a>(Option<&'a str>);

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.unwrap_or("another process"))
    }
}

/// The error of selecting an archive.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No archive matches the query, or several do.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The folder cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
}

impl FindError {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Select(SelectError::NotFound(_)) => ErrorKind::NotFound,
            Self::Select(SelectError::Ambiguous(_)) => ErrorKind::Ambiguous,
            Self::Select(SelectError::Misnamed(_)) => ErrorKind::Misnamed,
            Self::Store(error) => error.kind(),
        }
    }
}

/// The kind of an [`Error`] or a [`FindError`]. Serializes as a word such as `not_found`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A folder or an archive does not exist.
    NotFound,
    /// A path that should be a folder is something else.
    NotADirectory,
    /// A path that should be a regular file is something else.
    NotAFile,
    /// A file cannot be removed because it is not known to contain an image.
    NotAnImage,
    /// Another process has changed or created a file since it was examined.
    Changed,
    /// A name that differs only in case exists on a file system that ignores case.
    OtherSpelling,
    /// An archive cannot be published under a name that does not match its content.
    OtherName,
    /// A staging file was removed while it was written.
    Vanished,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The permissions are not sufficient.
    PermissionDenied,
    /// The disk or the user's quota is full.
    NoSpace,
    /// Another writer holds the folder's lock.
    Locked,
    /// The caller cancelled the operation.
    Cancelled,
    /// An archive is damaged or not supported.
    Archive,
    /// Another error of the operating system.
    Io,
    /// Several archives differ only in their platforms.
    Ambiguous,
    /// All matching archives are misnamed.
    Misnamed,
}

/// Serializes as `{code, message, causes}`, with the [kind](Error::kind) as the code.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let causes: Vec<String> =
            successors(self.source(), |&cause| cause.source()).map(ToString::to_string).collect();
        let mut document = serializer.serialize_struct("Error", 3)?;
        document.serialize_field("code", &self.kind())?;
        document.serialize_field("message", &self.to_string())?;
        document.serialize_field("causes", &causes)?;
        document.end()
    }
}

impl Error {
    pub(crate) fn io(operation: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Io { operation, path: path.as_ref().to_owned(), source }
    }

    /// Returns a function for `map_err` that adds the operation and the path.
    pub(crate) fn at<'a>(
        operation: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::io(operation, path, source)
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::NotADirectory { .. } => ErrorKind::NotADirectory,
            Self::NotAFile { .. } => ErrorKind::NotAFile,
            Self::NotAnImage { .. } => ErrorKind::NotAnImage,
            Self::Changed { .. } => ErrorKind::Changed,
            Self::OtherSpelling { .. } => ErrorKind::OtherSpelling,
            Self::Locked { .. } => ErrorKind::Locked,
            Self::OtherName { .. } => ErrorKind::OtherName,
            Self::Vanished { .. } => ErrorKind::Vanished,
            Self::Io { source, .. } | Self::Archive(sealift_archive::Error::Io { source, .. }) => {
                kind_of(source)
            }
            Self::Archive(sealift_archive::Error::Cancelled { .. }) => ErrorKind::Cancelled,
            Self::OtherContent { .. } | Self::Archive(_) => ErrorKind::Archive,
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
