//! Kinds of errors, for scripts and exit codes.

#[cfg(feature = "engine")]
use sealift_docker::{ContextError, Failure};
use serde::Serialize;

/// The kind of an [`Error`](crate::Error), by which a script can decide what to do. Serializes as a
/// word such as `not_found`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Any other error.
    Failed,
    /// The request is contradictory, ambiguous or impossible.
    Usage,
    /// The image, archive or folder does not exist.
    NotFound,
    /// The format of an archive is not supported.
    UnsupportedFormat,
    /// Bytes are missing or wrong.
    Damaged,
    /// The engine or server does not answer, or its identity could not be verified.
    Unreachable,
    /// Another process is writing to the folder.
    Locked,
    /// The caller cancelled the operation.
    Interrupted,
}

pub(crate) fn archive_kind(error: &sealift_archive::Error) -> ErrorKind {
    match error.kind() {
        sealift_archive::ErrorKind::Cancelled => ErrorKind::Interrupted,
        sealift_archive::ErrorKind::NotFound => ErrorKind::NotFound,
        sealift_archive::ErrorKind::Damaged => ErrorKind::Damaged,
        sealift_archive::ErrorKind::NotAnImage | sealift_archive::ErrorKind::Unsupported => {
            ErrorKind::UnsupportedFormat
        }
        _ => ErrorKind::Failed,
    }
}

pub(crate) fn store_kind(error: &sealift_store::Error) -> ErrorKind {
    match error {
        sealift_store::Error::Archive(error) => archive_kind(error),
        _ => match error.kind() {
            sealift_store::ErrorKind::NotFound => ErrorKind::NotFound,
            sealift_store::ErrorKind::Locked => ErrorKind::Locked,
            sealift_store::ErrorKind::Cancelled => ErrorKind::Interrupted,
            _ => ErrorKind::Failed,
        },
    }
}

#[cfg(feature = "engine")]
pub(crate) fn engine_kind(error: &sealift_docker::Error) -> ErrorKind {
    match error.kind() {
        // A file that cannot be read, or that changed, is not the fault of the arguments.
        _ if matches!(
            error.failure(),
            Failure::Context(ContextError::Read { .. } | ContextError::Changed { .. })
        ) =>
        {
            ErrorKind::Failed
        }
        sealift_docker::ErrorKind::Unreachable | sealift_docker::ErrorKind::Untrusted => {
            ErrorKind::Unreachable
        }
        sealift_docker::ErrorKind::NotFound => ErrorKind::NotFound,
        sealift_docker::ErrorKind::Input => ErrorKind::Usage,
        _ => ErrorKind::Failed,
    }
}

#[cfg(feature = "remote")]
pub(crate) fn remote_kind(error: &sealift_remote::Error) -> ErrorKind {
    use sealift_remote::ErrorKind as Remote;
    match error.kind() {
        Remote::NotFound => ErrorKind::NotFound,
        Remote::Unreachable => ErrorKind::Unreachable,
        Remote::Unsupported | Remote::Settings => ErrorKind::Usage,
        _ => ErrorKind::Failed,
    }
}
