//! Verifies signatures against signers.

use std::fmt;

use jiff::Timestamp;
use sealift_filename::Printable;

use crate::allowed_signers::AllowedSigner;
use crate::armor;
use crate::error::{VerifyError, VerifyErrorKind};
use crate::minisign::{self, MinisignSigned};
use crate::raw_signature::Details;
use crate::revoked::RevokedKeys;
use crate::signers::{Format, Keys, Signers};
use crate::ssh_signature::{SignatureKey, SshSignature};

/// The signer of a message. Its `Display` is the name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signer {
    /// The principals in the allowed signers file, those in the certificate, or the id of the
    /// minisign key.
    pub name: String,
    /// The type and fingerprint of an SSH key, or the id of a minisign key.
    pub key: String,
    /// The trusted comment of a minisign signature, which the signature covers.
    pub comment: Option<String>,
    /// The time of the signature, if the signature covers one. SSH signatures do not.
    pub signed_at: Option<Timestamp>,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// Returns the format of a signature, or `None` if the bytes do not begin like a signature.
pub fn format_of(signature: &[u8]) -> Option<Format> {
    if signature.starts_with(armor::BEGIN.as_bytes()) {
        Some(Format::Ssh)
    } else if signature.starts_with(minisign::COMMENT.as_bytes()) {
        Some(Format::Minisign)
    } else {
        None
    }
}

/// Returns the key that a signature names, without verifying anything: the type and fingerprint of
/// an SSH key, or the id of a minisign key.
pub fn key_of(signature: &[u8]) -> Option<String> {
    match format_of(signature)? {
        Format::Ssh => Some(SshSignature::parse(signature).ok()?.key.public_key().to_string()),
        Format::Minisign => minisign::key_of(signature).map(|id| format!("minisign key {id}")),
    }
}

/// Verifies that one of the signers signed the message for this namespace, with a key that is valid
/// at the time `now`.
///
/// minisign has no namespaces, so every signature of its key is accepted.
pub fn verify(
    message: &[u8],
    signature: &[u8],
    namespace: &str,
    signers: &Signers,
    now: Timestamp,
) -> Result<Signer, VerifyError> {
    let expected = signers.format();
    if let Some(found) = format_of(signature)
        && found != expected
    {
        let name = |format| match format {
            Format::Ssh => "SSH",
            Format::Minisign => "minisign",
        };
        let (found, expected) = (name(found), name(expected));
        let reason = format!("it is a signature of {found}, but the signers have {expected} keys");
        return Err(VerifyError::new(VerifyErrorKind::OtherFormat, reason));
    }
    match &signers.keys {
        Keys::Ssh(allowed) => ssh(message, signature, namespace, allowed, &signers.revoked, now),
        Keys::Minisign(keys) => {
            minisign::verify(keys, &signers.revoked.minisign, message, signature)
                .map(minisign_signer)
        }
    }
}

/// Returns the signer of a minisign signature.
pub(crate) fn minisign_signer(signed: MinisignSigned) -> Signer {
    Signer {
        name: format!("minisign key {}", signed.key),
        signed_at: signed.time,
        key: signed.key,
        comment: Some(signed.comment),
    }
}

/// Parses an SSH signature, and verifies that its key signed this message for this namespace.
pub(crate) fn ssh_signature(
    message: &[u8],
    signature: &[u8],
    namespace: &str,
) -> Result<(SshSignature, Details), VerifyError> {
    let signature = SshSignature::parse(signature)?;
    let details = signature.verify(message)?;
    if signature.namespace != namespace {
        let found = Printable(&signature.namespace);
        let reason =
            format!("the signature was made for the namespace `{found}`, not for `{namespace}`");
        return Err(VerifyError::new(VerifyErrorKind::OtherNamespace, reason));
    }
    Ok((signature, details))
}

fn ssh(
    message: &[u8],
    signature: &[u8],
    namespace: &str,
    allowed: &[AllowedSigner],
    revoked: &RevokedKeys,
    now: Timestamp,
) -> Result<Signer, VerifyError> {
    let (signature, details) = ssh_signature(message, signature, namespace)?;
    let key = signature.key.public_key();
    revoked.check(&signature.key)?;
    let mut refused = None;
    for line in allowed {
        match line.accept(&signature.key, details, namespace, now) {
            Some(Ok(name)) => {
                let name = Printable(&name).to_string();
                return Ok(Signer { name, key: key.to_string(), comment: None, signed_at: None });
            }
            Some(Err(error)) => {
                refused.get_or_insert(error);
            }
            None => {}
        }
    }
    Err(refused.unwrap_or_else(|| {
        let authority = match &signature.key {
            SignatureKey::Plain(_) => String::new(),
            SignatureKey::Certified(certificate) => {
                format!(" with a certificate by {}", certificate.authority)
            }
        };
        let reason = format!("no signer has the key {key}{authority}, which made the signature");
        VerifyError::new(VerifyErrorKind::UnknownKey, reason)
    }))
}
