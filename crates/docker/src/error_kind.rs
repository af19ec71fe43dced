//! The kinds of errors.

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nobody answers at the engine's address.
    Unreachable,
    /// The engine or this side could not prove who it is.
    Untrusted,
    /// The engine speaks no version of the API that is spoken here.
    IncompatibleApi,
    /// The engine doesn't have the image.
    NotFound,
    /// The engine said no.
    Refused,
    /// The connection broke off.
    Broken,
    /// The engine fell silent.
    Idle,
    /// The engine's answer can't be understood.
    Unintelligible,
    /// The stream that was to be sent ended with an error of its own.
    Upload,
    /// A file on this side cannot be written or read.
    File,
    /// What was to be done can't be: a reference that none can be, a context that can't be sent.
    Input,
}
