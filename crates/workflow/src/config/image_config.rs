//! The config that clusters read.

use std::collections::BTreeMap;

use sealift_filename::{ArchiveFormat, ArchiveName, ArchivePath, ImageId, Version};
use sealift_oci::{Digest, Platform};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The config of all images, keyed by image.
pub type Config = BTreeMap<String, ImageConfig>;

/// Where one image's latest archive is, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageConfig {
    /// The 12 digits in the archive's name.
    pub id: ImageId,
    /// The bare file name; cluster templates derive the name of a zip's member from it.
    pub image: ArchiveName,
    /// The full `image:tag`.
    pub tag: String,
    /// The archive's format.
    pub archfmt: ArchiveFormat,
    /// Whether the version is a dirty one.
    pub dirty: bool,
    /// Where clusters fetch it, percent-encoded.
    pub url: String,
    /// The archive, relative to the folder.
    pub path: ArchivePath,
    /// The version.
    pub version: Version,
    /// The digest of the image's config, as most engines show it as the image's id.
    pub digest: Digest,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file; as JSON without the algorithm.
    #[serde(with = "crate::hex_text")]
    pub sha256: Digest,
    /// What the image runs on.
    pub platform: Platform,
    /// The number of the publication, the same for all images: `None` unless it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Fields of a published config that this version of sealift does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
