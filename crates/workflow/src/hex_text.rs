//! Digests as bare hex digits in JSON.

use sealift_oci::Digest;
use serde::Serializer;

/// Serializes a digest as its hex digits, without the algorithm.
pub(crate) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&digest.hex())
}
