//! An image that was loaded.

use std::path::PathBuf;

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference, Repository, Version};
use sealift_oci::Digest;
use serde::Serialize;

use crate::load::transfer::Transfer;

/// An image that the engine has now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoadedImage {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The `image:tag` that it has in the engine.
    pub tag: Reference,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The archive's name, relative to the folder, if it is in one.
    #[serde(skip)]
    pub archive: Option<ArchivePath>,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The archive's format.
    pub format: ArchiveFormat,
    /// `true` if it was loaded now, `false` if the engine had it.
    pub loaded: bool,
    /// The size of the archive's file in bytes.
    pub size: u64,
    /// What was sent for it; `None` if the engine had the image.
    pub transfer: Option<Transfer>,
}
