//! The results of an export.

use std::path::PathBuf;

use sealift_filename::{ArchivePath, ImageId, Repository, Version};
use sealift_oci::{Digest, Platform};
use sealift_store::catalog::Stat;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::outcome::Outcome;
use crate::path_text::PathText;
use crate::report_list;

/// The result of an export, image by image, or what an export would do.
///
/// It serialises as an array: the images, then `{error}` for each file that could not be removed.
#[derive(Debug, Default)]
#[non_exhaustive]
#[must_use = "it holds the errors of the images that failed"]
pub struct ExportReport {
    /// What was selected, in the order of the call.
    pub images: Vec<ImageExport>,
    /// What went wrong with the removals at the end. The images are all in the folder nevertheless.
    pub removal_errors: Vec<Error>,
}

impl Serialize for ExportReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        report_list::serialize(&self.images, &self.removal_errors, serializer)
    }
}

/// The result of an export for one archive.
///
/// It serialises as the [`ExportedImage`], or as `{asked, error}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImageExport {
    /// What was asked for: `image:tag`, or an archive's path.
    pub asked: String,
    /// What became of it.
    pub result: Result<ExportedImage, Error>,
}

impl Serialize for ImageExport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Outcome::of(Some(&self.asked), &self.result).serialize(serializer)
    }
}

/// An image that is in the folder of a cluster now, or would be.
///
/// It serialises with `exported` and `removed`; if nothing was done yet, they are `would_export`
/// and `would_remove`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedImage {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The name that the image has in the cluster, with its registry.
    pub tag: String,
    /// The start of the digest of the image's config, which is in the file's name.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The platform of the image.
    pub platform: Platform,
    /// The archive that it was taken from, relative to its folder.
    pub archive: ArchivePath,
    /// The path of that archive.
    pub from: PathBuf,
    /// The path of the exported file.
    pub path: PathBuf,
    /// The ending of the exported file: `tar`, `tar.gz` or `tar.zst`.
    pub format: String,
    /// `true` if the file was written now, `false` if the same one was there.
    pub exported: bool,
    /// The size of the file in bytes; `None` if it is known only once the file is written.
    pub size: Option<u64>,
    /// The files of older versions that were removed at the end.
    pub removed: Vec<RemovedExport>,
    /// The files that have names like exported ones of this image, but that stay because of what
    /// they contain.
    pub skipped: Vec<SkippedExport>,
    /// `true` if nothing was done yet.
    pub is_planned: bool,
}

impl Serialize for ExportedImage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (exported, removed) = match self.is_planned {
            true => ("would_export", "would_remove"),
            false => ("exported", "removed"),
        };
        let mut document = serializer.serialize_struct("ExportedImage", 13)?;
        document.serialize_field("image", &self.image)?;
        document.serialize_field("version", &self.version)?;
        document.serialize_field("tag", &self.tag)?;
        document.serialize_field("id", &self.id)?;
        document.serialize_field("digest", &self.digest)?;
        document.serialize_field("platform", &self.platform)?;
        document.serialize_field("from", &PathText(self.from.clone()))?;
        document.serialize_field("path", &PathText(self.path.clone()))?;
        document.serialize_field("format", &self.format)?;
        document.serialize_field("size", &self.size)?;
        document.serialize_field(exported, &self.exported)?;
        document.serialize_field(removed, &self.removed)?;
        document.serialize_field("skipped", &self.skipped)?;
        document.end()
    }
}

/// An exported file that was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemovedExport {
    /// The name of the file.
    #[serde(skip)]
    pub name: String,
    /// Its path.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// How the file looked when this was decided.
    #[serde(skip)]
    pub(crate) stat: Stat,
}

impl RemovedExport {
    pub(crate) fn new(name: &str, path: PathBuf, stat: Stat) -> Self {
        Self { name: name.to_owned(), path, size: stat.size, stat }
    }
}

/// A file that is not removed, since its content is not what an export of this image contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkippedExport {
    /// Its path.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// Why, a sentence without its end.
    pub reason: String,
}
