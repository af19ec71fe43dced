//! Keys and signatures of minisign. A signature also covers a comment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use minisign_verify::{PublicKey, Signature};
use sealift_filename::Printable;

use crate::error::{VerifyError, VerifyErrorKind};

/// The beginning of the first line in every file of minisign.
pub(crate) const COMMENT: &str = "untrusted comment:";

/// The algorithm of legacy signatures, which cover the content instead of its hash.
const LEGACY: &[u8] = b"Ed";

/// A public key and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MinisignKey {
    key: PublicKey,
    id: String,
}

/// A valid signature: the id of its key, its trusted comment, and the time in the comment.
pub(crate) struct MinisignSigned {
    pub(crate) key: String,
    pub(crate) comment: String,
    pub(crate) time: Option<Timestamp>,
}

impl MinisignKey {
    /// Parses a public key in base64.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let key = PublicKey::from_base64(text).ok()?;
        Some(Self { key, id: id(text)? })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// Returns `true` if a text is a file of minisign, or only a public key.
pub(crate) fn is_minisign(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|first| first.starts_with(COMMENT) || MinisignKey::parse(first).is_some())
}

/// Returns the id of a key, or of the key that made a signature, as minisign prints it: without
/// leading zeros.
fn id(encoded: &str) -> Option<String> {
    let bytes = STANDARD.decode(encoded.trim()).ok()?;
    let id: [u8; 8] = bytes.get(2..10)?.try_into().ok()?;
    Some(format!("{:X}", u64::from_le_bytes(id)))
}

/// Returns the id of the key that a signature names, without verifying it.
pub(crate) fn key_of(signature: &[u8]) -> Option<String> {
    id(std::str::from_utf8(signature).ok()?.lines().nth(1)?)
}

/// Verifies that one of the keys made a signature. A revoked key is refused.
pub(crate) fn verify(
    keys: &[MinisignKey],
    revoked: &[MinisignKey],
    message: &[u8],
    signature: &[u8],
) -> Result<MinisignSigned, VerifyError> {
    let malformed = || VerifyError::malformed("it is not the output of minisign");
    let text = std::str::from_utf8(signature).map_err(|_| malformed())?;
    let parsed = Signature::decode(text).map_err(|_| malformed())?;
    let encoded = text.lines().nth(1).unwrap_or_default();
    let signer = id(encoded).ok_or_else(malformed)?;
    let Some(key) = keys.iter().find(|key| key.id == signer) else {
        let known: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        return Err(VerifyError::new(
            VerifyErrorKind::UnknownKey,
            format!("the minisign key {signer} is not the expected one, {}", known.join(", ")),
        ));
    };
    let bytes = STANDARD.decode(encoded.trim()).map_err(|_| malformed())?;
    if bytes.starts_with(LEGACY) {
        return Err(VerifyError::new(
            VerifyErrorKind::Unsupported,
            "the signature cannot be verified: legacy signatures of minisign are not supported; \
             sign with `minisign -S -H`",
        ));
    }
    key.key
        .verify(message, &parsed, false)
        .map_err(|_| VerifyError::mismatch(format_args!("minisign {signer}")))?;
    if revoked.contains(key) {
        return Err(VerifyError::new(
            VerifyErrorKind::Revoked,
            format!("the minisign key {signer} is revoked"),
        ));
    }
    let comment = parsed.trusted_comment();
    Ok(MinisignSigned { key: signer, time: time(comment), comment: Printable(comment).to_string() })
}

/// Returns the time that minisign writes into a trusted comment.
fn time(comment: &str) -> Option<Timestamp> {
    let mut fields = comment.split([' ', '\t']);
    let seconds = fields.find_map(|field| field.strip_prefix("timestamp:"))?;
    Timestamp::from_second(seconds.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_key_has_no_leading_zeros() {
        let key = [&b"Ed"[..], &0x036b_a9a7_1c90_efc9_u64.to_le_bytes(), &[0; 32]].concat();
        assert_eq!(id(&STANDARD.encode(key)).as_deref(), Some("36BA9A71C90EFC9"));
    }
}
