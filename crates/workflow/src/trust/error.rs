//! Why something is not trusted.

use sealift_signature::VerifyError;

/// Why a config or an archive is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// There is no signature.
    #[error("{what} is not signed: there is no {missing}")]
    Unsigned {
        /// The config, or the archive.
        what: String,
        /// The file that is missing.
        missing: String,
    },
    /// The signature is refused.
    #[error("{what} is not trusted: {source}")]
    Refused {
        /// The config, or the archive.
        what: String,
        /// Why.
        source: VerifyError,
    },
    /// The signature is valid, but for other content.
    #[error("{what} is not trusted: {sums} is signed, but does not list its SHA-256")]
    NotListed {
        /// The config, or the archive.
        what: String,
        /// The checksums.
        sums: String,
    },
    /// The public key of the key that signs is not known.
    #[error("the signature cannot be compared with the key: there is no {key}.pub")]
    NoPublicKey {
        /// The file of the key that signs.
        key: String,
    },
    /// An archive that is in no folder.
    #[error("{what} is not signed: signatures cover archives in the folder only")]
    OutsideOfFolder {
        /// The archive.
        what: String,
    },
}

impl TrustError {
    /// Returns the reason without what it is about: a sentence without its end.
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
