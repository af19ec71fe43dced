//! Why an object could not be read or written.

use std::io;

/// Why an object could not be read or written. No text in it holds a password, a key or a
/// signature.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation} {object}: {reason}")]
pub struct Error {
    operation: &'static str,
    object: String,
    kind: ErrorKind,
    reason: String,
    io: Option<io::Error>,
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bucket, the folder or the object does not exist.
    NotFound,
    /// The server refuses the credentials, or there are none.
    Denied,
    /// The object is not, or no longer, as the condition of the request says.
    Changed,
    /// No connection, or one that broke too often or came to a standstill.
    Unreachable,
    /// The server failed: a status of 5xx, or 429.
    Server,
    /// The server's answer is not what was requested.
    BadAnswer,
    /// The server cannot do it, such as ranges or conditions.
    Unsupported,
    /// The settings are wrong, such as a proxy or a certificate.
    Settings,
    /// The local disk failed.
    Io,
}

impl Error {
    pub(crate) fn new(
        operation: &'static str,
        object: impl Into<String>,
        kind: ErrorKind,
        reason: impl Into<String>,
    ) -> Self {
        Self { operation, object: object.into(), kind, reason: reason.into(), io: None }
    }

    pub(crate) fn io(
        operation: &'static str,
        object: impl Into<String>,
        source: io::Error,
    ) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Io,
        };
        let reason = source.to_string();
        Self { operation, object: object.into(), kind, reason, io: Some(source) }
    }

    /// Returns the kind of error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns what it is about: a URL without secrets, or a path.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Returns the reason alone.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the error of the operating system, if there is one.
    pub fn as_io(&self) -> Option<&io::Error> {
        self.io.as_ref()
    }
}
