//! Whose signature is required on what is fetched, loaded or verified.

pub(crate) mod error;
pub(crate) mod folder;
#[cfg(feature = "remote")]
pub(crate) mod published;
pub(crate) mod signed_sums;
#[cfg(feature = "remote")]
pub(crate) mod signer;

use sealift_signature::Signers;

/// The namespace of SSH signatures over checksums, `-n` of `ssh-keygen -Y sign`.
pub const SIGNATURE_NAMESPACE: &str = "sealift-sums";

/// Whose signature is required.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// Nobody's: signatures are ignored.
    #[default]
    None,
    /// One of these signers must have signed the checksums.
    SignedBy(Signers),
}
