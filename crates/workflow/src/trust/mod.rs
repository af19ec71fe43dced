//! Required signatures for fetching, loading and verifying.

pub(crate) mod error;
pub(crate) mod folder;
#[cfg(feature = "remote")]
pub(crate) mod published;
pub(crate) mod signed_sums;
#[cfg(feature = "remote")]
pub(crate) mod signer;

use sealift_signature::Signers;

/// The namespace of SSH signatures of checksums: the option `-n` of `ssh-keygen -Y sign`.
pub const SIGNATURE_NAMESPACE: &str = "sealift-sums";

/// The signature that is required.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// No signature is required. Existing signatures are ignored.
    #[default]
    None,
    /// The checksums must be signed by one of these signers.
    SignedBy(Signers),
}
