//! The result of an update.

use std::path::{Path, PathBuf};

use sealift_catalog::Removal;
use sealift_filename::{ArchivePath, ImageId, Reference};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::report_list;
use crate::stored_archive::StoredArchive;

/// The result of an update.
///
/// It serializes as an array of the images, followed by `{error}` for each archive that could not
/// be removed.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "it contains the errors of the images that failed"]
pub struct UpdateReport {
    /// The results of the images, in the order of the call and without duplicates.
    pub images: Vec<ImageUpdate>,
    /// The errors of the removals at the end. They do not affect the saved images.
    pub clean_errors: Vec<Error>,
}

impl Serialize for UpdateReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        report_list::serialize(&self.images, &self.clean_errors, serializer)
    }
}

/// The result of an update for one image.
///
/// It serializes as the [`Updated`] image, or as `{image, version, error}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImageUpdate {
    /// The requested image.
    pub reference: Reference,
    /// The outcome for this image.
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

/// Serializes the error of an image as `{image, version, error}`.
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

/// An image that the folder has after an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Updated {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// Whether the image was saved now.
    pub saved: bool,
    /// Whether a zip was written now.
    pub compressed: bool,
    /// The size of the plain tar in bytes.
    pub plain_size: u64,
    /// The ids of other builds of the same release in the folder. Empty if nothing was saved.
    pub replaces: Vec<ImageId>,
    /// The archives of the same image that were removed.
    pub removed: Vec<RemovedArchive>,
}

/// An archive that an update removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemovedArchive {
    /// The former archive name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The former path, including the folder.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub size: u64,
    /// Whether its version is newer than all versions of the image in the call.
    pub newer: bool,
}

impl RemovedArchive {
    /// Describes a removal in a folder.
    pub(crate) fn new(removal: &Removal, folder: &Path) -> Self {
        Self {
            archive: removal.archive.clone(),
            path: folder.join(removal.archive.as_str()),
            size: removal.size,
            newer: removal.newer,
        }
    }
}
