//! Serialization of digests as hexadecimal digits, without the algorithm.

use sealift_filename::Printable;
use sealift_oci::Digest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// Serializes a digest as its hexadecimal digits, without the algorithm.
pub(crate) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&digest.hex())
}

/// Deserializes a digest from its hexadecimal digits, without the algorithm.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    let hex = String::deserialize(deserializer)?;
    let refused =
        || D::Error::custom(format_args!("`{}` is not 64 lowercase hex digits", Printable(&hex)));
    Digest::from_hex(&hex).ok_or_else(refused)
}
