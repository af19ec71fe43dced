//! The rows of a table of archives.

use jiff::Timestamp;
use sealift_workflow::catalog::ArchiveState;
use sealift_workflow::filename::ArchivePath;
use sealift_workflow::oci::{Digest, Platform};
use sealift_workflow::{ImageConfig, ListedArchive};

/// An archive in a folder or at a published destination.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(super) archive: &'a ArchivePath,
    /// The path of the archive; at a published destination, relative to it.
    pub(super) path: String,
    pub(super) image: String,
    pub(super) digest: Option<&'a Digest>,
    pub(super) platform: Option<&'a Platform>,
    pub(super) size: u64,
    /// The time of the last modification; `None` at a published destination.
    pub(super) saved: Option<Timestamp>,
    pub(super) latest: bool,
    pub(super) state: ArchiveState,
}

impl<'a> From<&'a ListedArchive> for Row<'a> {
    fn from(listed: &'a ListedArchive) -> Self {
        Self {
            archive: &listed.file.archive,
            path: listed.file.path.display().to_string(),
            image: listed.file.image(),
            digest: listed.file.digest.as_ref(),
            platform: listed.platform.as_ref(),
            size: listed.file.size,
            saved: Some(listed.modified),
            latest: listed.latest,
            state: listed.state,
        }
    }
}

impl<'a> From<&'a ImageConfig> for Row<'a> {
    fn from(entry: &'a ImageConfig) -> Self {
        let image = entry.path.repository();
        Self {
            archive: &entry.path,
            path: entry.path.to_string(),
            image: image.map_or_else(|| entry.path.image().to_owned(), |image| image.to_string()),
            digest: Some(&entry.digest),
            platform: Some(&entry.platform),
            size: entry.size,
            saved: None,
            latest: false,
            state: ArchiveState::Whole,
        }
    }
}
