//! An image as an engine knows it.

use sealift_filename::{ImageId, Repository, Version};
use sealift_oci::{Digest, Identity, Platform};

/// An image that a call wants to have in the folder, as the engine describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The image's name.
    pub repository: Repository,
    /// The version under which it is wanted.
    pub version: Version,
    /// The digest of its config; none where the engine can't tell it.
    pub config: Option<Digest>,
    /// The digests of its manifests (not those of indexes or attestations), as far as the engine
    /// tells them.
    pub manifests: Vec<Digest>,
    /// The digest that the engine shows as its id, where that may be an index's.
    pub index: Option<Digest>,
    /// The digests of its uncompressed layers, lowest first; empty where the engine doesn't tell.
    pub diff_ids: Vec<Digest>,
    /// What it runs on.
    pub platform: Platform,
}

impl Wanted {
    /// Tells whether an archive holds this very image: the same config, or a manifest in common.
    /// Layers only rule out.
    ///
    /// Another index proves nothing, as it changes with provenance; but of the same index, the image for
    /// the same platform and with the same layers is the same one.
    pub fn is(&self, identity: &Identity) -> bool {
        let is_of_same_index = || {
            self.index.is_some_and(|index| identity.indexes.contains(&index))
                && self.platform.matches(&identity.platform)
                && !self.diff_ids.is_empty()
        };
        !self.has_other_layers(identity)
            && (self.config == Some(identity.config)
                || self.manifests.iter().any(|digest| identity.manifests.contains(digest))
                || is_of_same_index())
    }

    /// Tells whether nothing speaks against an archive holding this very image. Only where the
    /// engine can't tell the config this leaves anything open.
    pub(crate) fn may_be(&self, identity: &Identity) -> bool {
        let is_other_config = self.config.is_some_and(|config| config != identity.config)
            && !self.manifests.iter().any(|digest| identity.manifests.contains(digest));
        !is_other_config
            && !self.has_other_layers(identity)
            && self.platform.matches(&identity.platform)
    }

    fn has_other_layers(&self, identity: &Identity) -> bool {
        !self.diff_ids.is_empty() && self.diff_ids != identity.diff_ids
    }

    /// Gives the id that the image's archive will have in its name, where it is known.
    pub fn id(&self) -> Option<ImageId> {
        Some(self.config?.image_id())
    }

    /// Tells whether the id in an archive's name is the start of one of this image's digests.
    pub(crate) fn answers_to(&self, id: ImageId) -> bool {
        self.config
            .iter()
            .chain(&self.manifests)
            .chain(&self.index)
            .any(|digest| digest.short() == id.as_str())
    }
}
