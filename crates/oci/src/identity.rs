//! What an image is, independent of the engine that holds it and the writer of its archive.

use sealift_filename::ImageId;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Platform;

/// All digests by which engines and archives know one image, computed from its content.
///
/// The config digest can be computed from every archive layout, and it survives save and load
/// between all engines; its first 12 digits are the id in an archive's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The digest of the image's config file.
    pub config: Digest,
    /// The digests of the OCI manifests that describe this image (not attestations).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Digest>,
    /// The digests of the OCI indexes that led to those manifests. They identify nothing: an index
    /// changes with provenance and with the platforms at hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Digest>,
    /// The digests of the uncompressed layers, lowest first.
    pub diff_ids: Vec<Digest>,
    /// The platform that the image runs on.
    pub platform: Platform,
    /// When the image was built, RFC 3339, as stated in its config.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The names and tags of the image in the archive, as written there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repo_tags: Vec<String>,
}

impl Identity {
    /// Creates the identity of an image of which only config, layers and platform are known.
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

    /// Returns `true` if both are the same image: the same config, or a manifest in common.
    pub fn is_same_image(&self, other: &Self) -> bool {
        self.config == other.config
            || self.manifests.iter().any(|digest| other.manifests.contains(digest))
    }

    /// Returns `true` if the id in an archive's name is the start of one of this image's digests:
    /// its config's, or that of a manifest or an index. Tools that ask a containerd store for the
    /// id name archives by the latter two.
    pub fn has_short_id(&self, id: ImageId) -> bool {
        std::iter::once(&self.config)
            .chain(&self.manifests)
            .chain(&self.indexes)
            .any(|digest| digest.image_id() == id)
    }
}
