//! Why a file that protects the server cannot be used.

#[cfg(any(feature = "auth", feature = "tls"))]
use std::path::Path;
use std::path::PathBuf;

/// Why the file of a certificate, a key or logins cannot be used.
///
/// It contains nothing of what is in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use {what} {}: {reason}", file.display())]
#[non_exhaustive]
pub struct UnusableFile {
    /// What the file should contain: `the certificate`, `the key` or `the logins`.
    pub what: &'static str,
    /// The file.
    pub file: PathBuf,
    /// Why it cannot be used, a sentence without its end.
    pub reason: String,
}

#[cfg(any(feature = "auth", feature = "tls"))]
impl UnusableFile {
    pub(crate) fn new(what: &'static str, file: &Path, reason: impl ToString) -> Self {
        Self { what, file: file.to_owned(), reason: reason.to_string() }
    }
}
