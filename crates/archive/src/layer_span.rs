//! The position of a layer in its archive.

use serde::{Deserialize, Serialize};

use sealift_oci::Digest;

/// A layer, and the position of its bytes in the plain tar of an archive.
///
/// The bytes at `offset` are the layer as it is stored: a tar, or a compressed one if `digest` and
/// `diff_id` differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LayerSpan {
    /// The digest of the stored bytes.
    pub digest: Digest,
    /// The digest of the uncompressed layer.
    pub diff_id: Digest,
    /// The media type that a manifest in the archive states. If none does, the type of the OCI
    /// specification for the layer's compression.
    pub media_type: String,
    /// Offset of the stored bytes in the plain tar.
    pub offset: u64,
    /// The number of stored bytes.
    pub size: u64,
}
