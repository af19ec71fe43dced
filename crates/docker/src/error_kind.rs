//! The kinds of errors.

/// The kind of an [`Error`](crate::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No engine answers at the address.
    Unreachable,
    /// TLS failed: one side does not trust the certificate of the other.
    Untrusted,
    /// This crate and the engine have no version of the API in common.
    IncompatibleApi,
    /// The engine does not have the image.
    NotFound,
    /// The engine refused the request, or reported an error.
    Refused,
    /// The connection was lost before the answer was complete.
    Broken,
    /// The engine was silent for too long.
    Idle,
    /// The engine's answer cannot be understood, or is too long.
    Unintelligible,
    /// The stream to be sent ended with an error of its own.
    Upload,
    /// A local file cannot be written or read.
    File,
    /// The input is not valid: a reference that no image can have, or a context that cannot be
    /// sent.
    Input,
}
