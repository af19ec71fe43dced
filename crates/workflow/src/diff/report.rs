//! The differences between two archives.

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
    /// The names of the settings (`Env`, `Cmd`, …) and properties (`platform`) that differ, sorted.
    pub settings: Vec<String>,
    /// The layers of both images: those of the first archive in its order, then the added ones.
    pub layers: Vec<LayerDifference>,
    /// The files that differ, sorted by path.
    pub files: Vec<FileDifference>,
}

/// A layer that one or both of two images have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LayerDifference {
    /// The digest of the uncompressed layer.
    pub diff_id: Digest,
    /// The stored size of the layer in bytes.
    pub size: u64,
    /// The images that have the layer.
    pub change: LayerChange,
}

/// The images that have a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerChange {
    /// Both images have the layer.
    Same,
    /// Only the first image has the layer.
    Removed,
    /// Only the second image has the layer.
    Added,
}

/// A file that differs between two images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileDifference {
    /// The path without a leading slash. Invalid UTF-8 is replaced.
    pub path: String,
    /// The kind of difference.
    #[serde(flatten)]
    pub change: FileChange,
}

/// The kind of difference between two versions of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum FileChange {
    /// Only the second image has the file.
    Added {
        /// The file in the second image.
        after: FileFacts,
    },
    /// Only the first image has the file.
    Removed {
        /// The file in the first image.
        before: FileFacts,
    },
    /// Both images have the file, with different properties.
    Changed {
        /// The file in the first image.
        before: FileFacts,
        /// The file in the second image.
        after: FileFacts,
        /// The properties that differ, at least one.
        aspects: Vec<Aspect>,
    },
}

/// A property in which two versions of a file differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Aspect {
    /// The type: a file, a folder, a link or a special file.
    Kind,
    /// The content of a file, or the target of a link.
    Content,
    /// The permission bits.
    Mode,
    /// The owner or group.
    Owner,
    /// The extended attributes, such as capabilities.
    Attributes,
}
