//! The results of a fetch.

use std::path::PathBuf;

use sealift_filename::{ArchivePath, Reference, Repository, Version};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::stored_archive::StoredArchive;
use crate::trust::signer::ConfigSigner;

/// The config that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FetchedConfig {
    /// Where it is, without secrets.
    pub url: String,
    /// The number of the publication; 0 if it has none.
    pub sequence: u64,
    /// `true` if it is the same as the one that was fetched before.
    pub unchanged: bool,
    /// Who signed it, if a signature is required.
    pub signed_by: Option<ConfigSigner>,
}

/// The result of a fetch.
///
/// It serialises as `{config, images}`.
#[derive(Debug, Serialize)]
#[non_exhaustive]
#[must_use = "it holds the errors of the images that failed"]
pub struct FetchReport {
    /// The config.
    pub config: FetchedConfig,
    /// The images that were wanted, in the order of the config.
    pub images: Vec<ImageFetch>,
}

/// The result of a fetch for one image.
///
/// It serialises as the [`FetchedImage`], or as `{image, version, path, error}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImageFetch {
    /// The image, as engines know it.
    pub tag: Reference,
    /// The version.
    pub version: Version,
    /// The archive that the config names.
    pub archive: ArchivePath,
    /// What became of it.
    pub result: Result<FetchedImage, Error>,
}

impl Serialize for ImageFetch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let error = match &self.result {
            Ok(fetched) => return fetched.serialize(serializer),
            Err(error) => error,
        };
        let mut document = serializer.serialize_struct("ImageFetch", 4)?;
        document.serialize_field("image", self.tag.repository())?;
        document.serialize_field("version", &self.version)?;
        document.serialize_field("path", self.archive.as_str())?;
        document.serialize_field("error", error)?;
        document.end()
    }
}

/// An image that is in the folder now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FetchedImage {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// `true` if it was fetched now, `false` if it was there.
    pub fetched: bool,
    /// How its bytes came here; `None` if it was there.
    pub transfer: Option<FetchTransfer>,
}

/// How the bytes of an archive came here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct FetchTransfer {
    /// How many bytes were received.
    pub bytes_fetched: u64,
    /// How many bytes were there from an earlier fetch that was interrupted.
    pub bytes_continued: u64,
    /// How many bytes were copied from other archives in the folder.
    pub bytes_copied: u64,
    /// The files from which they were copied, those with the most bytes first.
    #[serde(serialize_with = "crate::path_text::serialize_all")]
    pub copied_from: Vec<PathBuf>,
}

/// What a fetch is going to do.
///
/// It serialises as `{config, images}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a plan fetches nothing by itself"]
pub struct FetchPlan {
    /// The config.
    pub config: FetchedConfig,
    /// The images that are wanted, in the order of the config.
    pub images: Vec<PlannedFetch>,
}

/// What a fetch is going to do for one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedFetch {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path that the archive has in the folder.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The size of the archive's file in bytes.
    pub size: u64,
    /// How many bytes will be requested; `None` if the archive is there.
    pub to_fetch: Option<u64>,
}
