//! Who signed a config.

use jiff::Timestamp;
use sealift_signature::Signer;
use serde::Serialize;

/// Who signed a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigSigner {
    /// The principals in the allowed signers file, those of the certificate, or the id of the
    /// minisign key.
    pub name: String,
    /// The type and the fingerprint of the key, or its id.
    pub key: String,
    /// The comment that a minisign signature covers.
    pub comment: Option<String>,
    /// When it was signed, if the signature covers the time. SSH signatures do not.
    pub signed_at: Option<Timestamp>,
}

impl From<Signer> for ConfigSigner {
    fn from(signer: Signer) -> Self {
        let Signer { name, key, comment, signed_at, .. } = signer;
        Self { name, key, comment, signed_at }
    }
}
