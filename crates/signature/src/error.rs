//! Why a signature is refused.

use std::fmt;

/// Why a signature is refused. As text it is a sentence about the signature, complete when it is
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
    /// It is damaged, or not a signature at all.
    Malformed,
    /// It is a minisign signature and the signers have SSH keys, or the other way round.
    OtherFormat,
    /// It was made for another purpose.
    OtherNamespace,
    /// It does not belong to the content: the content or the signature was changed.
    Mismatch,
    /// The key is not one of the signers'.
    UnknownKey,
    /// The signer or the certificate is not valid any more.
    Expired,
    /// The signer or the certificate is not valid yet.
    NotYetValid,
    /// The key, or the authority of its certificate, is revoked.
    Revoked,
    /// The signer may not sign for this purpose.
    NotAllowed,
    /// The certificate is not valid for signing, or for none of the names that are allowed.
    BadCertificate,
    /// A hardware key signed without being touched.
    NobodyPresent,
    /// A type of key, of hash or of signature that is not supported.
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
        // One version and one hash are singular.
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

    /// Returns the kind of error.
    pub fn kind(&self) -> VerifyErrorKind {
        self.kind
    }
}
