//! The description of an archive in results.

use std::path::{Path, PathBuf};

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Repository, Version};
use sealift_oci::Digest;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::path_text::PathText;

/// An archive in a folder: its name, its file, and the digest of its image if known.
///
/// It serializes as `{image, version, id, digest, path, format, size}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveFile {
    /// The archive's name, relative to the folder.
    pub archive: ArchivePath,
    /// The path of the archive, including the folder.
    pub path: PathBuf,
    /// The full digest of the image's config, if known.
    pub digest: Option<Digest>,
    /// The size of the file in bytes.
    pub size: u64,
}

impl ArchiveFile {
    /// Describes an archive in a folder.
    pub fn new(
        folder: impl AsRef<Path>,
        archive: ArchivePath,
        digest: Option<Digest>,
        size: u64,
    ) -> Self {
        Self { path: folder.as_ref().join(archive.as_str()), archive, digest, size }
    }

    /// Returns the image, or `None` if the path does not stand for a valid image name.
    pub fn repository(&self) -> Option<Repository> {
        self.archive.repository()
    }

    /// Returns the image's name as text: the repository, or the corresponding part of the path if
    /// it is not a valid image name.
    pub fn image(&self) -> String {
        self.repository().map_or_else(|| self.archive.image().to_owned(), |image| image.to_string())
    }

    /// Returns the version.
    pub fn version(&self) -> Version {
        self.archive.name().to_version()
    }

    /// Returns the id in the archive's name.
    pub fn id(&self) -> ImageId {
        self.archive.name().id()
    }

    /// Returns the archive's format.
    pub fn format(&self) -> ArchiveFormat {
        self.archive.name().format()
    }

    /// Returns `true` if the version is dirty.
    pub fn is_dirty(&self) -> bool {
        self.archive.name().is_dirty()
    }
}

impl Serialize for ArchiveFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("ArchiveFile", 7)?;
        document.serialize_field("image", &self.image())?;
        document.serialize_field("version", &self.version())?;
        document.serialize_field("id", &self.id())?;
        document.serialize_field("digest", &self.digest)?;
        document.serialize_field("path", &PathText(self.path.clone()))?;
        document.serialize_field("format", &self.format())?;
        document.serialize_field("size", &self.size)?;
        document.end()
    }
}
