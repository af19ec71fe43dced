//! The description of a loaded image.

use std::path::PathBuf;

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference, Repository, Version};
use sealift_oci::Digest;
use serde::Serialize;

use crate::load::transfer::Transfer;

/// An image that the engine has after a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoadedImage {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The image's name in the engine, `image:tag`.
    pub tag: Reference,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The archive's name, relative to the folder. `None` if the archive is not in the folder.
    #[serde(skip)]
    pub archive: Option<ArchivePath>,
    /// The path of the archive, including the folder.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The archive's format.
    pub format: ArchiveFormat,
    /// `true` if it was loaded now, `false` if the engine already had it.
    pub loaded: bool,
    /// The size of the archive's file in bytes.
    pub size: u64,
    /// The sent bytes and layers, or `None` if the engine already had the image.
    pub transfer: Option<Transfer>,
}
