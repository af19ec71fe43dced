//! Public keys as text: a type, and the key in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificate;
use crate::public_key::{PublicKey, plain_kind};

/// The reason why a text does not begin with a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The text does not begin with the name of a type of key.
    NoType,
    /// The key is missing, damaged or of another type.
    Damaged,
    /// The text is a certificate.
    Certificate,
}

/// Parses a public key at the beginning of a text. A comment can follow it.
pub(crate) fn parse(text: &str) -> Result<PublicKey, NoKey> {
    let (kind, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    if certificate::key_kind(kind).is_some() {
        return Err(NoKey::Certificate);
    }
    let kind = plain_kind(kind).ok_or(NoKey::NoType)?;
    let encoded = rest.trim_start().split([' ', '\t']).next().unwrap_or_default();
    let blob = STANDARD.decode(encoded).map_err(|_| NoKey::Damaged)?;
    let key = PublicKey::read(&blob).ok_or(NoKey::Damaged)?;
    if key.kind() == kind { Ok(key) } else { Err(NoKey::Damaged) }
}
