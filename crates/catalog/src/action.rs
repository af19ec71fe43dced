//! The action of an update for an image.

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Repository, Version};
use sealift_oci::Platform;
use serde::Serialize;

/// The part of a plan for one image.
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
    /// The action for this image.
    #[serde(flatten)]
    pub action: Action,
}

/// The action of an update for an image. In JSON, the field `action` is its name in snake case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The image already has an archive, which is kept.
    Keep {
        /// The existing archive.
        archive: ArchivePath,
    },
    /// The engine saves the image.
    Save {
        /// The format of the archive.
        format: ArchiveFormat,
        /// The id in the archive's name. `None` if it is known only after the save.
        id: Option<ImageId>,
    },
    /// The image has an archive that is not a zip, which is compressed.
    Compress {
        /// The existing archive.
        from: ArchivePath,
        /// The zip to create.
        to: ArchivePath,
    },
    /// The image has an archive in a format other than docker and zip. The update is refused.
    UnsupportedFormat {
        /// The existing archive.
        archive: ArchivePath,
    },
}
