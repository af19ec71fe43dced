//! The description of a verified archive in results.

use std::path::PathBuf;

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Repository, Version};
use sealift_oci::Digest;
use sealift_store::Store;
use serde::Serialize;

/// A verified archive in a folder: its image, its name, and its file.
///
/// In contrast, an [`ArchiveFile`](crate::ArchiveFile) was not necessarily verified: its name may
/// be wrong.
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
    /// The path of the archive, including the folder.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The archive's format.
    pub format: ArchiveFormat,
    /// The size of the archive's file in bytes.
    pub size: u64,
    /// The SHA-256 of the archive's file. In JSON it is written without `sha256:`.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub sha256: Digest,
}

/// The properties of an archive that are not in its name.
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
