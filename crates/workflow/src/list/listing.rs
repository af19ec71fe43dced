//! A list of archives, and what selects them.

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
    /// Only these images, and of those with a version only that one; all if there are none.
    pub images: Vec<Reference>,
    /// Only the latest archive of every image.
    pub only_latest: bool,
    /// What latest means, and which archives count at all.
    pub latest: LatestOptions,
}

impl ListOptions {
    setters! {
        images with_images: Vec<Reference>,
        only_latest with_only_latest: bool,
        latest with_latest: LatestOptions,
    }
}

/// A list of archives, with what else is in the folder.
///
/// It serialises as the array of the archives. Their states show what the errors are about.
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub struct Listing {
    /// The archives, by image and then latest last as their names sort.
    pub archives: Vec<ListedArchive>,
    /// What is no archive by its name; empty if images were named.
    pub others: Vec<Other>,
    /// What the options left out of the archives.
    pub left_out: LeftOut,
    /// What is wrong with the latest archives, if only those were asked for.
    pub errors: Vec<Error>,
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.archives.serialize(serializer)
    }
}

/// What was left out of a list by its options.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LeftOut {
    /// How many archives of dirty versions.
    pub dirty: usize,
    /// The platforms of the archives that are for other ones, sorted.
    pub platforms: Vec<Platform>,
}

impl LeftOut {
    /// Returns `true` if an archive is to be listed; otherwise notes what it is left out for.
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
    /// The archive; its digest is known if it has been read.
    pub file: ArchiveFile,
    /// When the file was last modified.
    pub modified: Timestamp,
    /// Whether the version is a dirty one.
    pub dirty: bool,
    /// Whether it is the latest of its image and platform.
    pub latest: bool,
    /// What the image runs on; `None` if the archive has not been read.
    pub platform: Option<Platform>,
    /// What is known of the archive.
    pub state: ArchiveState,
}

impl Serialize for ListedArchive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A list has the format before the digest, other documents after the path.
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
    /// Describes an archive that has not been read, and is not the latest one.
    pub fn new(file: ArchiveFile, modified: Timestamp) -> Self {
        let (dirty, state) = (file.is_dirty(), ArchiveState::Unread);
        Self { file, modified, dirty, latest: false, platform: None, state }
    }
}
