//! Errors of verifying signatures.

use sealift_signature::VerifyError;

/// The reason why a config or an archive is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The signature is missing.
    #[error("{what} is not signed: there is no {missing}")]
    Unsigned {
        /// The config or the archive.
        what: String,
        /// The missing file.
        missing: String,
    },
    /// The signature is not valid, or not by a trusted signer.
    #[error("{what} is not trusted: {source}")]
    Refused {
        /// The config or the archive.
        what: String,
        /// The reason.
        source: VerifyError,
    },
    /// The signature is valid, but does not cover this content.
    #[error("{what} is not trusted: {sums} is signed, but does not list its SHA-256")]
    NotListed {
        /// The config or the archive.
        what: String,
        /// The file of signed checksums.
        sums: String,
    },
    /// The public key of the signing key is not available.
    #[error("the signature cannot be compared with the key: there is no {key}.pub")]
    NoPublicKey {
        /// The file of the signing key.
        key: String,
    },
    /// The archive is outside of the folder.
    #[error("{what} is not signed: signatures cover archives in the folder only")]
    OutsideOfFolder {
        /// The archive.
        what: String,
    },
}

impl TrustError {
    /// Returns the reason without the name of the config or archive, a clause.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Unsigned { missing, .. } => format!("not signed, there is no {missing}"),
            Self::Refused { source, .. } => source.to_string(),
            Self::NotListed { sums, .. } => {
                format!("{sums} is signed, but does not list its SHA-256")
            }
            Self::NoPublicKey { .. } => self.to_string(),
            Self::OutsideOfFolder { .. } => "it is not in the folder".to_owned(),
        }
    }
}
