//! The results of a load.

use std::path::PathBuf;

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference, Repository, Version};
use sealift_oci::Digest;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::load::transfer::Transfer;

/// The result of a load for one archive.
///
/// It serialises as the [`LoadedImage`], or as `{asked, error}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImageLoad {
    /// What was asked for: `image:tag`, or an archive's path.
    pub asked: String,
    /// What became of it.
    pub result: Result<LoadedImage, Error>,
}

impl ImageLoad {
    /// Creates the result for something that was asked for.
    pub fn new(asked: impl Into<String>, result: Result<LoadedImage, Error>) -> Self {
        Self { asked: asked.into(), result }
    }
}

impl Serialize for ImageLoad {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let error = match &self.result {
            Ok(image) => return image.serialize(serializer),
            Err(error) => error,
        };
        let mut document = serializer.serialize_struct("ImageLoad", 2)?;
        document.serialize_field("asked", &self.asked)?;
        document.serialize_field("error", error)?;
        document.end()
    }
}

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
