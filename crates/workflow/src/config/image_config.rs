//! The entries of a config, as clusters read them.

use std::collections::BTreeMap;

use sealift_filename::{ArchiveFormat, ArchiveName, ArchivePath, ImageId, Version};
use sealift_oci::{Digest, Platform};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The config of all images, keyed by image.
pub type Config = BTreeMap<String, ImageConfig>;

/// The description and location of an image's latest archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageConfig {
    /// The id in the archive's name, 12 hexadecimal digits.
    pub id: ImageId,
    /// The file name without its folder. Cluster templates derive the name of a zip's member from
    /// it.
    pub image: ArchiveName,
    /// The full reference, `image:tag`.
    pub tag: String,
    /// The archive's format.
    pub archfmt: ArchiveFormat,
    /// Whether the version is dirty.
    pub dirty: bool,
    /// The URL from which clusters fetch the archive, percent-encoded.
    pub url: String,
    /// The path of the archive, relative to the folder.
    pub path: ArchivePath,
    /// The version.
    pub version: Version,
    /// The digest of the image's config. Most engines show it as the image's id.
    pub digest: Digest,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file. In JSON it is written without `sha256:`.
    #[serde(with = "crate::hex_text")]
    pub sha256: Digest,
    /// The platform of the image.
    pub platform: Platform,
    /// The sequence number of the publication, the same for all images. `None` unless the config is
    /// published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Fields of a published config that this version of sealift does not support.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
