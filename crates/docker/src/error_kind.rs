//! The kinds of errors.

/// The kind of an [`Error`](crate::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No engine answers at the address.
    Unreachable,
    /// TLS failed: one side does not trust the certificate of the other.
    Untrusted,
    /// The engine supports no version of the API that this crate supports.
    IncompatibleApi,
    /// The engine doesn't have the image.
    NotFound,
    /// The engine refused.
    Refused,
    /// The connection broke off.
    Broken,
    /// The engine was silent for too long.
    Idle,
    /// The engine's answer can't be understood.
    Unintelligible,
    /// The stream that was to be sent ended with an error of its own.
    Upload,
    /// A file on this side cannot be written or read.
    File,
    /// The input is invalid: a reference that no image can have, a context that cannot be sent.
    Input,
}
