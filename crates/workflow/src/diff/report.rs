//! What differs between two archives.

use sealift_oci::Digest;
use serde::Serialize;

use crate::archive_file::ArchiveFile;
use crate::diff::tree::FileFacts;

/// The differences between two archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Differences {
    /// The first archive.
    pub before: ArchiveFile,
    /// The second archive.
    pub after: ArchiveFile,
    /// The names of the settings (`Env`, `Cmd`, …) and facts (`platform`) that differ, sorted.
    pub settings: Vec<String>,
    /// The layers of both, those of the first archive in its order, then the added ones.
    pub layers: Vec<LayerDifference>,
    /// The files that differ, sorted by path.
    pub files: Vec<FileDifference>,
}

/// A layer of one of two images, or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LayerDifference {
    /// The digest of the uncompressed layer.
    pub diff_id: Digest,
    /// The size of the layer as it is stored, in bytes.
    pub size: u64,
    /// Which of the two images has it.
    pub change: LayerChange,
}

/// Which of two images has a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerChange {
    /// Both.
    Same,
    /// The first alone.
    Removed,
    /// The second alone.
    Added,
}

/// A file that differs between two images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileDifference {
    /// The path, without a slash in front. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// How it differs.
    #[serde(flatten)]
    pub change: FileChange,
}

/// How a file differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum FileChange {
    /// Only the second image has it.
    Added {
        /// What it is there.
        after: FileFacts,
    },
    /// Only the first image has it.
    Removed {
        /// What it is there.
        before: FileFacts,
    },
    /// Both have it.
    Changed {
        /// What it is in the first image.
        before: FileFacts,
        /// What it is in the second image.
        after: FileFacts,
        /// What of it differs, at least one.
        aspects: Vec<Aspect>,
    },
}

/// What differs of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Aspect {
    /// Whether it is a file, a folder, a link or something else.
    Kind,
    /// The content of a file, or where a link points.
    Content,
    /// The permissions.
    Mode,
    /// The owner or the group.
    Owner,
    /// The extended attributes, such as capabilities.
    Attributes,
}
