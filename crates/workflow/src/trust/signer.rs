//! The signer of a config.

use jiff::Timestamp;
use sealift_signature::Signer;
use serde::Serialize;

/// The signer of a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigSigner {
    /// The principals from the allowed signers file or the certificate, or the id of a minisign
    /// key.
    pub name: String,
    /// The type and the fingerprint of the key, or its id.
    pub key: String,
    /// The comment that a minisign signature covers.
    pub comment: Option<String>,
    /// The time of the signature, if it is signed as well. SSH signatures have no signed time.
    pub signed_at: Option<Timestamp>,
}

impl From<Signer> for ConfigSigner {
    fn from(signer: Signer) -> Self {
        let Signer { name, key, comment, signed_at, .. } = signer;
        Self { name, key, comment, signed_at }
    }
}
