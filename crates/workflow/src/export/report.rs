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

/// The result or the plan of an export.
///
/// It serializes as an array: the images, then `{error}` for each file that could not be removed.
#[derive(Debug, Default)]
#[non_exhaustive]
#[must_use = "it contains the errors of the images that failed"]
pub struct ExportReport {
    /// The results of the selected archives, in the order of the call.
    pub images: Vec<ImageExport>,
    /// The errors of the removals at the end. They do not affect the exported images.
    pub removal_errors: Vec<Error>,
}

impl Serialize for ExportReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        report_list::serialize(&self.images, &self.removal_errors, serializer)
    }
}

/// The result of an export for one archive.
///
/// It serializes as the [`ExportedImage`], or as `{asked, error}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImageExport {
    /// The selection: `image:tag`, or an archive's path.
    pub asked: String,
    /// The outcome for this archive.
    pub result: Result<ExportedImage, Error>,
}

impl Serialize for ImageExport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Outcome::of(Some(&self.asked), &self.result).serialize(serializer)
    }
}

/// An exported image.
///
/// It serializes with the fields `exported` and `removed`. In a plan they are named `would_export`
/// and `would_remove`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedImage {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The image's name in the cluster, including its registry.
    pub tag: String,
    /// The id in the file's name: the first 12 digits of the config's digest.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The platform of the image.
    pub platform: Platform,
    /// The archive that it was exported from, relative to the folder.
    pub archive: ArchivePath,
    /// The path of that archive.
    pub from: PathBuf,
    /// The path of the exported file.
    pub path: PathBuf,
    /// The ending of the exported file: `tar`, `tar.gz` or `tar.zst`.
    pub format: String,
    /// `true` if the file was written now, `false` if it already existed.
    pub exported: bool,
    /// The size of the file in bytes. `None` in a plan if it is known only after compression.
    pub size: Option<u64>,
    /// The files of older versions that were removed.
    pub removed: Vec<RemovedExport>,
    /// Files that are named like exports of this image but were kept because of their content.
    pub skipped: Vec<SkippedExport>,
    /// `true` in a plan, when nothing was written.
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

/// An exported file that was removed or would be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemovedExport {
    /// The name of the file.
    #[serde(skip)]
    pub name: String,
    /// The path of the file.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub size: u64,
    /// Size and times of the file when it was selected.
    #[serde(skip)]
    pub(crate) stat: Stat,
}

impl RemovedExport {
    pub(crate) fn new(name: &str, path: PathBuf, stat: Stat) -> Self {
        Self { name: name.to_owned(), path, size: stat.size, stat }
    }
}

/// A file that is kept because it does not contain an export of the image in its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkippedExport {
    /// The path of the file.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The reason, a clause.
    pub reason: String,
}
