//! The plan and the result of a clean-up.

use std::path::PathBuf;

use jiff::Timestamp;
use sealift_catalog::{Flaw, Stat};
use sealift_filename::ArchivePath;
use sealift_oci::Platform;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::archive_file::ArchiveFile;
use crate::error::Error;

/// The archives that [`clean`](crate::clean()) would remove.
///
/// It serializes as `{would_remove: […], skipped: […]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a plan removes nothing by itself"]
pub struct CleanPlan {
    /// The archives to remove, sorted by path.
    pub archives: Vec<CleanedArchive>,
    /// Archives that match the selection but are neither counted nor removed, because of a flaw.
    pub skipped: Vec<SkippedArchive>,
    /// Whether no intact archive would be left in the folder.
    pub takes_last: bool,
    /// Whether [`clean`](crate::clean()) is allowed to remove the last intact archive in the
    /// folder. Initially `false`.
    pub may_take_last: bool,
    /// The folder.
    pub(crate) root: PathBuf,
}

impl CleanPlan {
    /// Returns the report of a plan that was not carried out.
    pub fn declined(&self) -> CleanReport {
        CleanReport { removed: Vec::new(), skipped: self.skipped.clone(), errors: Vec::new() }
    }
}

impl Serialize for CleanPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("CleanPlan", 2)?;
        document.serialize_field("would_remove", &self.archives)?;
        document.serialize_field("skipped", &self.skipped)?;
        document.end()
    }
}

/// The result of [`clean`](crate::clean()).
#[derive(Debug, Serialize)]
#[non_exhaustive]
#[must_use = "it contains the errors of the archives that could not be removed"]
pub struct CleanReport {
    /// The archives that were removed.
    pub removed: Vec<CleanedArchive>,
    /// Archives that match the selection but are neither counted nor removed, because of a flaw.
    pub skipped: Vec<SkippedArchive>,
    /// The errors of archives that could not be removed.
    pub errors: Vec<Error>,
}

/// An archive that was removed or would be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CleanedArchive {
    /// The archive.
    #[serde(flatten)]
    pub file: ArchiveFile,
    /// The time of the save: as recorded, otherwise the modification time of the file.
    pub saved: Timestamp,
    /// Whether the version is dirty.
    pub dirty: bool,
    /// The platform of the image, if known.
    pub platform: Option<Platform>,
    /// Size and times of the file when the plan was made.
    #[serde(skip)]
    pub stat: Stat,
}

/// An archive that is not removed, because its content is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkippedArchive {
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, including the folder.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The flaw of the archive.
    #[serde(flatten)]
    pub flaw: Flaw,
    /// Whether the selection named its version.
    #[serde(skip)]
    pub is_named: bool,
}
