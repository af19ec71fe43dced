//! The identity of an image, independent of engines and of the writers of archives.

use sealift_filename::ImageId;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Platform;

/// The identity of an image: all digests that engines and archives use for it, computed from its
/// content.
///
/// The digest of the config can be computed from every archive layout, and it does not change when
/// an image is saved from one engine and loaded into another. Its first 12 digits are the id in an
/// archive's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The digest of the image's config file.
    pub config: Digest,
    /// The digests of the OCI manifests that describe this image, without attestations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Digest>,
    /// The digests of the OCI indexes that refer to these manifests. They do not identify the
    /// image, because an index also changes with attestations and with other platforms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Digest>,
    /// The digests of the uncompressed layers, lowest first.
    pub diff_ids: Vec<Digest>,
    /// The platform of the image.
    pub platform: Platform,
    /// The time at which the image was built, in the format of RFC 3339, as its config states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The names and tags of the image in its archive, unchanged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repo_tags: Vec<String>,
}

impl Identity {
    /// Creates an identity with only a config, layers and a platform.
    pub fn new(config: Digest, diff_ids: Vec<Digest>, platform: Platform) -> Self {
        Self {
            config,
            manifests: Vec::new(),
            indexes: Vec::new(),
            diff_ids,
            platform,
            created: None,
            repo_tags: Vec::new(),
        }
    }

    /// Returns `true` if both identify the same image: they have the same config or a common
    /// manifest.
    pub fn is_same_image(&self, other: &Self) -> bool {
        self.config == other.config
            || self.manifests.iter().any(|digest| other.manifests.contains(digest))
    }

    /// Returns `true` if an id is the start of one of this image's digests: that of its config, of
    /// a manifest or of an index. With the containerd store, engines use the digest of a manifest
    /// or an index as the image's id, so other tools can have named an archive by it.
    pub fn has_short_id(&self, id: ImageId) -> bool {
        std::iter::once(&self.config)
            .chain(&self.manifests)
            .chain(&self.indexes)
            .any(|digest| digest.image_id() == id)
    }
}
