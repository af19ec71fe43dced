//! The only name in an archive: the `image:tag` of its file name.

use sealift_archive::Naming;
use sealift_filename::{ArchivePath, Repository};

use crate::error::Error;

/// Returns the name that an archive contains, derived from its path.
///
/// # Errors
///
/// Returns an error if the path does not stand for a valid image name.
pub(crate) fn naming_of(archive: &ArchivePath) -> Result<Naming, Error> {
    let naming = Naming::new(&repository_of(archive)?, &archive.name().to_version());
    naming.map_err(|_| no_repository(archive))
}

/// Returns the image of an archive, derived from its path.
///
/// # Errors
///
/// Returns an error if the path does not stand for a valid image name.
pub(crate) fn repository_of(archive: &ArchivePath) -> Result<Repository, Error> {
    archive.repository().ok_or_else(|| no_repository(archive))
}

fn no_repository(archive: &ArchivePath) -> Error {
    let image = format!("{}:{}", archive.image(), archive.name().version());
    Error::NoRepository { archive: archive.clone(), image }
}
