//! The error of a certificate, key or file of logins.

#[cfg(any(feature = "auth", feature = "tls"))]
use std::path::Path;
use std::path::PathBuf;

/// The reason that a certificate, a key or a file of logins cannot be used.
///
/// It does not contain any content of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use {what} {}: {reason}", file.display())]
#[non_exhaustive]
pub struct UnusableFile {
    /// The expected content: `the certificate`, `the key` or `the logins`.
    pub what: &'static str,
    /// The file.
    pub file: PathBuf,
    /// The reason, without a full stop.
    pub reason: String,
}

#[cfg(any(feature = "auth", feature = "tls"))]
impl UnusableFile {
    pub(crate) fn new(what: &'static str, file: &Path, reason: impl ToString) -> Self {
        Self { what, file: file.to_owned(), reason: reason.to_string() }
    }
}
