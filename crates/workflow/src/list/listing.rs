//! Options and results of a list.

use jiff::Timestamp;
use sealift_catalog::{ArchiveState, Entry, LatestOptions};
use sealift_filename::Reference;
use sealift_oci::Platform;
use sealift_store::Other;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::archive_file::ArchiveFile;
use crate::error::Error;
use crate::path_text::PathText;
use crate::setters::setters;

/// Options of [`list`](crate::list()).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ListOptions {
    /// The selected images, or all images if empty. A reference with a version selects this
    /// version.
    pub images: Vec<Reference>,
    /// Whether to list only the latest archive of every image.
    pub only_latest: bool,
    /// The rules for the latest archive, and the filters by platform and release.
    pub latest: LatestOptions,
}

impl ListOptions {
    setters! {
        images with_images: Vec<Reference>,
        only_latest with_only_latest: bool,
        latest with_latest: LatestOptions,
    }
}

/// A list of archives and other files in the folder.
///
/// It serializes as the array of the archives, whose states include the flaws in `errors`.
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub struct Listing {
    /// The archives, sorted by path.
    pub archives: Vec<ListedArchive>,
    /// Files whose names are not archive names. Empty if images were selected.
    pub others: Vec<Other>,
    /// The archives that the filters excluded.
    pub left_out: LeftOut,
    /// The flaws of the latest archives. Empty unless only the latest archives are listed.
    pub errors: Vec<Error>,
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.archives.serialize(serializer)
    }
}

/// The archives that the filters excluded from a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LeftOut {
    /// The number of excluded archives with dirty versions.
    pub dirty: usize,
    /// The platforms of the excluded archives, sorted.
    pub platforms: Vec<Platform>,
}

impl LeftOut {
    /// Returns `true` if an archive passes the filter. Otherwise records the reason.
    pub(crate) fn admits(&mut self, entry: &Entry, filter: &LatestOptions) -> bool {
        if filter.release && entry.archive.name().is_dirty() {
            self.dirty += 1;
            return false;
        }
        let (Some(wanted), Some(platform)) = (&filter.platform, entry.platform()) else {
            return true;
        };
        let is_wanted = wanted.matches(&platform);
        if !is_wanted && let Err(at) = self.platforms.binary_search(&platform) {
            self.platforms.insert(at, platform);
        }
        is_wanted
    }
}

/// An archive in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedArchive {
    /// The archive. Its digest is known if it has been read.
    pub file: ArchiveFile,
    /// The time of the file's last modification.
    pub modified: Timestamp,
    /// Whether the version is dirty.
    pub dirty: bool,
    /// Whether it is the latest archive of its image and platform.
    pub latest: bool,
    /// The platform of the image, or `None` if the archive has not been read.
    pub platform: Option<Platform>,
    /// The state of the archive, as far as it is known.
    pub state: ArchiveState,
}

impl Serialize for ListedArchive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // In a list the format comes before the digest; in other documents it comes after the path.
        let mut document = serializer.serialize_struct("ListedArchive", 12)?;
        document.serialize_field("image", &self.file.image())?;
        document.serialize_field("version", &self.file.version())?;
        document.serialize_field("id", &self.file.id())?;
        document.serialize_field("format", &self.file.format())?;
        document.serialize_field("digest", &self.file.digest)?;
        document.serialize_field("path", &PathText(self.file.path.clone()))?;
        document.serialize_field("size", &self.file.size)?;
        document.serialize_field("modified", &self.modified)?;
        document.serialize_field("dirty", &self.dirty)?;
        document.serialize_field("latest", &self.latest)?;
        document.serialize_field("platform", &self.platform)?;
        document.serialize_field("state", &self.state)?;
        document.end()
    }
}

impl ListedArchive {
    /// Describes an archive that has not been read and is not the latest one.
    pub fn new(file: ArchiveFile, modified: Timestamp) -> Self {
        let (dirty, state) = (file.is_dirty(), ArchiveState::Unread);
        Self { file, modified, dirty, latest: false, platform: None, state }
    }
}
