//! An image to archive, as an engine describes it.

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, NewNameError, Repository, Version};
use sealift_oci::{Digest, Identity, Platform};

/// An image that an update should archive, as an engine describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// The name of the image.
    pub repository: Repository,
    /// The version in the archive's name.
    pub version: Version,
    /// The digest of its config. `None` if the engine does not report it.
    pub config: Option<Digest>,
    /// The digests of its manifests that the engine reports, without those of indexes and
    /// attestations.
    pub manifests: Vec<Digest>,
    /// The digest that the engine reports as the image's id, if it can be that of an index.
    pub index: Option<Digest>,
    /// The digests of its uncompressed layers, lowest first. Empty if the engine does not report
    /// them.
    pub diff_ids: Vec<Digest>,
    /// The platform of the image.
    pub platform: Platform,
}

impl Wanted {
    /// Creates the description of an image with only a name and a platform.
    pub fn new(repository: Repository, version: Version, platform: Platform) -> Self {
        Self {
            repository,
            version,
            config: None,
            manifests: Vec::new(),
            index: None,
            diff_ids: Vec::new(),
            platform,
        }
    }

    /// Creates the description of an image that was read from an archive.
    pub fn from_identity(repository: Repository, version: Version, identity: &Identity) -> Self {
        Self {
            config: Some(identity.config),
            manifests: identity.manifests.clone(),
            diff_ids: identity.diff_ids.clone(),
            ..Self::new(repository, version, identity.platform.clone())
        }
    }

    /// Sets the digest of the config.
    #[must_use]
    pub fn with_config(mut self, config: impl Into<Option<Digest>>) -> Self {
        self.config = config.into();
        self
    }

    /// Sets the digests of the manifests.
    #[must_use]
    pub fn with_manifests(mut self, manifests: Vec<Digest>) -> Self {
        self.manifests = manifests;
        self
    }

    /// Sets the digest that can be that of an index.
    #[must_use]
    pub fn with_index(mut self, index: impl Into<Option<Digest>>) -> Self {
        self.index = index.into();
        self
    }

    /// Sets the digests of the uncompressed layers.
    #[must_use]
    pub fn with_diff_ids(mut self, diff_ids: Vec<Digest>) -> Self {
        self.diff_ids = diff_ids;
        self
    }

    /// Returns `true` if an archive contains exactly this image: the config or a manifest is the
    /// same, and the layers do not differ.
    ///
    /// A different index is not a contradiction, because an index also changes with attestations.
    /// If the index is the same, images for the same platform with the same layers are the same.
    pub fn matches(&self, identity: &Identity) -> bool {
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

    /// Returns `true` if an archive can contain exactly this image. The answer is uncertain only if
    /// the engine does not report the config.
    pub(crate) fn may_match(&self, identity: &Identity) -> bool {
        let is_other_config = self.config.is_some_and(|config| config != identity.config)
            && !self.manifests.iter().any(|digest| identity.manifests.contains(digest));
        !is_other_config
            && !self.has_other_layers(identity)
            && self.platform.matches(&identity.platform)
    }

    fn has_other_layers(&self, identity: &Identity) -> bool {
        !self.diff_ids.is_empty() && self.diff_ids != identity.diff_ids
    }

    /// Returns the id for the name of the image's archive, if it is known.
    pub fn id(&self) -> Option<ImageId> {
        Some(self.config?.image_id())
    }

    /// Returns `true` if an id is the start of one of this image's digests.
    pub(crate) fn has_short_id(&self, id: ImageId) -> bool {
        let mut digests = self.config.iter().chain(&self.manifests).chain(&self.index);
        digests.any(|digest| digest.image_id() == id)
    }

    /// Checks that the image and the version are valid in an archive's name. The id does not have
    /// to be known.
    ///
    /// # Errors
    ///
    /// If they are not valid.
    pub fn check_name(&self) -> Result<(), NewNameError> {
        // All ids and formats are valid in a name, so any of them can be used.
        let id = Digest::of(b"").image_id();
        self.archive(id, ArchiveFormat::Docker).map(drop)
    }

    /// Returns the path of the image's archive.
    pub(crate) fn archive(
        &self,
        id: ImageId,
        format: ArchiveFormat,
    ) -> Result<ArchivePath, NewNameError> {
        ArchivePath::new(&self.repository, &self.version, id, format)
    }
}
