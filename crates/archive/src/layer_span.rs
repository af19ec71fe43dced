//! Where the layers of an image lie in its archive.

use serde::{Deserialize, Serialize};

use sealift_oci::Digest;

/// A layer, and where its bytes lie in the plain tar of an archive.
///
/// The bytes at `offset` are the layer as it is stored: a tar, or a compressed one if `digest` and
/// `diff_id` differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LayerSpan {
    /// The digest of the bytes.
    pub digest: Digest,
    /// The digest of the uncompressed layer.
    pub diff_id: Digest,
    /// The media type that a manifest in the archive states, otherwise that of the OCI
    /// specification.
    pub media_type: String,
    /// Where the bytes start in the plain tar.
    pub offset: u64,
    /// How many bytes there are.
    pub size: u64,
}
