//! A verified archive in a folder, as results describe it.

use std::path::PathBuf;

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Repository, Version};
use sealift_oci::Digest;
use sealift_store::Store;
use serde::Serialize;

/// A verified archive in a folder: its image, its name, and its file.
///
/// An [`ArchiveFile`](crate::ArchiveFile) has a name alone, which may be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoredArchive {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The archive's format.
    pub format: ArchiveFormat,
    /// The size of the archive's file in bytes.
    pub size: u64,
    /// The SHA-256 of the archive's file; as JSON without the algorithm.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub sha256: Digest,
}

/// What the name of an archive does not state.
pub(crate) struct StoredContent {
    /// The digest of the image's config.
    pub(crate) digest: Digest,
    /// The size of the file in bytes.
    pub(crate) size: u64,
    /// The SHA-256 of the file.
    pub(crate) sha256: Digest,
}

impl StoredArchive {
    pub(crate) fn new(
        store: &Store,
        image: Repository,
        version: Version,
        archive: ArchivePath,
        content: StoredContent,
    ) -> Self {
        let StoredContent { digest, size, sha256 } = content;
        Self {
            image,
            version,
            id: archive.name().id(),
            digest,
            path: store.path_of(&archive),
            format: archive.name().format(),
            archive,
            size,
            sha256,
        }
    }
}
