//! What an update does for an image.

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Repository, Version};
use sealift_oci::Platform;
use serde::Serialize;

/// What an update does for one image.
///
/// It serializes as `{image, version, platform, action, …}` with the fields of the [`Action`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlanItem {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The platform.
    pub platform: Platform,
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
}

/// What an update does for an image. In JSON, the field `action` is its name in snake case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Nothing: the image has an archive already.
    Keep {
        /// Its archive.
        archive: ArchivePath,
    },
    /// The engine saves the image.
    Save {
        /// The format of the archive.
        format: ArchiveFormat,
        /// The id in the archive's name; `None` if it is known only after the save.
        id: Option<ImageId>,
    },
    /// The image has an archive that is not a zip, and becomes one.
    Compress {
        /// Its archive.
        from: ArchivePath,
        /// The zip that it becomes.
        to: ArchivePath,
    },
    /// The image has an archive in a format that is neither docker nor zip. The update is refused.
    UnsupportedFormat {
        /// Its archive.
        archive: ArchivePath,
    },
}
