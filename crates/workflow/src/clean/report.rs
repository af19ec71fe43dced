//! What a clean-up removes, or has removed.

use std::path::PathBuf;

use jiff::Timestamp;
use sealift_catalog::{Flaw, Stat};
use sealift_filename::ArchivePath;
use sealift_oci::Platform;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::archive_file::ArchiveFile;
use crate::error::Error;

/// What [`clean`](crate::clean()) is going to remove.
///
/// It serialises as `{would_remove: […], skipped: […]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a plan removes nothing by itself"]
pub struct CleanPlan {
    /// The archives that are removed, sorted by path.
    pub archives: Vec<CleanedArchive>,
    /// The archives that the selectors name, but that are neither counted nor removed.
    pub skipped: Vec<SkippedArchive>,
    /// Whether the folder would have no whole archive left.
    pub takes_last: bool,
    /// Whether [`clean`](crate::clean()) may remove the folder's last whole archive; `false` at
    /// first.
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

/// What [`clean`](crate::clean()) removed.
#[derive(Debug, Serialize)]
#[non_exhaustive]
#[must_use = "it holds the errors of the archives that could not be removed"]
pub struct CleanReport {
    /// The archives that were removed.
    pub removed: Vec<CleanedArchive>,
    /// The archives that the selectors name, but that are neither counted nor removed.
    pub skipped: Vec<SkippedArchive>,
    /// Why others could not be removed.
    pub errors: Vec<Error>,
}

/// An archive that is removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CleanedArchive {
    /// The archive.
    #[serde(flatten)]
    pub file: ArchiveFile,
    /// When it was saved: the recorded time, otherwise the time when the file was last modified.
    pub saved: Timestamp,
    /// Whether the version is a dirty one.
    pub dirty: bool,
    /// What the image runs on.
    pub platform: Option<Platform>,
    /// How the file looked when this was decided.
    #[serde(skip)]
    pub stat: Stat,
}

/// An archive that is not removed, since it is not known what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkippedArchive {
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// What is wrong with it.
    #[serde(flatten)]
    pub flaw: Flaw,
    /// Whether its version was named.
    #[serde(skip)]
    pub is_named: bool,
}
