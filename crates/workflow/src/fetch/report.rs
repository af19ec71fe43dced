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
    /// The URL of the config, without secrets.
    pub url: String,
    /// The sequence number of the publication, or 0 if the config has none.
    pub sequence: u64,
    /// Whether the config is the same as at the last fetch.
    pub unchanged: bool,
    /// The signer, if a signature is required.
    pub signed_by: Option<ConfigSigner>,
    /// Whether the folder already had this signature. It was verified, but not requested again, so
    /// it may have been removed from the place.
    pub signature_kept: bool,
}

/// The result of a fetch.
///
/// It serializes as `{config, images}`.
#[derive(Debug, Serialize)]
#[non_exhaustive]
#[must_use = "it contains the errors of the images that failed"]
pub struct FetchReport {
    /// The config.
    pub config: FetchedConfig,
    /// The wanted images. Those that were already in the folder come first.
    pub images: Vec<ImageFetch>,
}

/// The result of a fetch for one image.
///
/// It serializes as the [`FetchedImage`], or as `{image, version, path, error}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImageFetch {
    /// The image's name in engines.
    pub tag: Reference,
    /// The version.
    pub version: Version,
    /// The archive's name, from the config.
    pub archive: ArchivePath,
    /// The outcome for this image.
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

/// A wanted image that is now in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FetchedImage {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// `true` if it was fetched now, `false` if the folder already had it.
    pub fetched: bool,
    /// The origin of its bytes, or `None` if the folder already had it.
    pub transfer: Option<FetchTransfer>,
}

/// The origin of an archive's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct FetchTransfer {
    /// The number of bytes received from the server.
    pub bytes_fetched: u64,
    /// The number of bytes kept from an earlier, interrupted fetch.
    pub bytes_continued: u64,
    /// The number of bytes copied from other archives in the folder.
    pub bytes_copied: u64,
    /// The files from which bytes were copied, sorted by the number of bytes, largest first.
    #[serde(serialize_with = "crate::path_text::serialize_all")]
    pub copied_from: Vec<PathBuf>,
}

/// The actions that a fetch would take.
///
/// It serializes as `{config, images}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a plan fetches nothing by itself"]
pub struct FetchPlan {
    /// The config.
    pub config: FetchedConfig,
    /// The images that are wanted, in the order of the config.
    pub images: Vec<PlannedFetch>,
}

/// The action that a fetch would take for one image.
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
    /// The archive's path in the folder.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The size of the archive's file in bytes.
    pub size: u64,
    /// The number of bytes that would be requested, or `None` if the folder already has the
    /// archive.
    pub to_fetch: Option<u64>,
}
