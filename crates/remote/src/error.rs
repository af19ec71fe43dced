//! The error of reading or writing an object.

use std::io;

/// An error of reading or writing an object. Its texts contain no passwords, keys or signatures.
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
    /// The server refused the credentials, or there are none.
    Denied,
    /// The condition of the request does not hold: the object has changed.
    Changed,
    /// The server cannot be reached, or the connection was lost too often or stalled.
    Unreachable,
    /// The server failed, with the status 5xx or 429.
    Server,
    /// The server's answer does not match the request.
    BadAnswer,
    /// The server does not support a feature, such as ranges or conditions.
    Unsupported,
    /// A setting is not valid, such as a proxy or a certificate.
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

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the object that the error is about: a URL without secrets, or a path.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Returns the reason, as a phrase without the object.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the error of the operating system, if there is one.
    pub fn as_io(&self) -> Option<&io::Error> {
        self.io.as_ref()
    }
}
