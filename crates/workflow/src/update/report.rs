//! What came of an update.

use std::path::{Path, PathBuf};

use sealift_catalog::Removal;
use sealift_filename::{ArchivePath, ImageId, Reference};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::report_list;
use crate::stored_archive::StoredArchive;

/// The result of an update, image by image.
///
/// It serialises as an array: the images, then `{error}` for each archive that could not be
/// removed.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "it holds the errors of the images that failed"]
pub struct UpdateReport {
    /// The images of the call, in its order, each once.
    pub images: Vec<ImageUpdate>,
    /// What went wrong with the removals at the end. The images are all in the folder nevertheless.
    pub clean_errors: Vec<Error>,
}

impl Serialize for UpdateReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        report_list::serialize(&self.images, &self.clean_errors, serializer)
    }
}

/// The result of an update for one image.
///
/// It serialises as the [`Updated`] image, or as `{image, version, error}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImageUpdate {
    /// What was asked for.
    pub reference: Reference,
    /// What became of it.
    pub result: Result<Updated, Error>,
}

impl Serialize for ImageUpdate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.result {
            Ok(updated) => updated.serialize(serializer),
            Err(error) => serialize_failed(&self.reference, error, serializer),
        }
    }
}

/// Serialises an image that failed, as `{image, version, error}`.
pub(crate) fn serialize_failed<S: Serializer>(
    reference: &Reference,
    error: &Error,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut document = serializer.serialize_struct("Failed", 3)?;
    document.serialize_field("image", reference.repository())?;
    document.serialize_field("version", &reference.version_or_latest())?;
    document.serialize_field("error", error)?;
    document.end()
}

/// An image that is in the folder now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Updated {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// Whether it was saved now.
    pub saved: bool,
    /// Whether it was made a zip now.
    pub compressed: bool,
    /// The size of the plain archive inside in bytes.
    pub plain_size: u64,
    /// The ids of the other builds of the same release that were in the folder, if it was saved
    /// now.
    pub replaces: Vec<ImageId>,
    /// What was removed for it at the end.
    pub removed: Vec<RemovedArchive>,
}

/// An archive that an update removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemovedArchive {
    /// The name that it had, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path that it had, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The size of its file in bytes.
    pub size: u64,
    /// Whether its version is newer than every version of the image that the call names.
    pub newer: bool,
}

impl RemovedArchive {
    /// Describes a removal, with the folder in front.
    pub(crate) fn new(removal: &Removal, folder: &Path) -> Self {
        Self {
            archive: removal.archive.clone(),
            path: folder.join(removal.archive.as_str()),
            size: removal.size,
            newer: removal.newer,
        }
    }
}
