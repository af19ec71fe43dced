//! The errors of verification.

use std::fmt;

/// The reason why a signature is refused. The text is a sentence that is complete when it is
/// printed alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct VerifyError {
    kind: VerifyErrorKind,
    reason: String,
}

/// The kind of a [`VerifyError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyErrorKind {
    /// The signature is damaged, or the text is not a signature.
    Malformed,
    /// The signature is from minisign and the signers have SSH keys, or the other way round.
    OtherFormat,
    /// The signature was made for another namespace.
    OtherNamespace,
    /// The signature does not match the content: one of them was changed.
    Mismatch,
    /// None of the signers has the key.
    UnknownKey,
    /// The signer or the certificate has expired.
    Expired,
    /// The signer or the certificate is not valid yet.
    NotYetValid,
    /// The key, or the authority of its certificate, is revoked.
    Revoked,
    /// The signer is not allowed to sign for this namespace.
    NotAllowed,
    /// The certificate is not valid for signing, or for none of the names that are allowed.
    BadCertificate,
    /// A hardware key signed without being touched.
    NobodyPresent,
    /// The type of the key, the hash or the signature is not supported.
    Unsupported,
}

impl VerifyError {
    pub(crate) fn new(kind: VerifyErrorKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    pub(crate) fn malformed(fault: &str) -> Self {
        Self::new(VerifyErrorKind::Malformed, format!("the signature is not valid: {fault}"))
    }

    pub(crate) fn unsupported(what: &str) -> Self {
        let reason = format!("the signature cannot be verified: {what} are not supported");
        // `what` is plural for keys and RSA signatures, and singular for a version and a hash.
        let reason = match what.starts_with("keys") || what.starts_with("RSA") {
            true => reason,
            false => reason.replace(" are not ", " is not "),
        };
        Self::new(VerifyErrorKind::Unsupported, reason)
    }

    pub(crate) fn mismatch(key: impl fmt::Display) -> Self {
        let reason = format!("the signature does not match the content; it names the key {key}");
        Self::new(VerifyErrorKind::Mismatch, reason)
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> VerifyErrorKind {
        self.kind
    }
}
