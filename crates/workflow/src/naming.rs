//! The one name that an archive carries: the `image:tag` of its file name.

use sealift_archive::Naming;
use sealift_catalog::Wanted;
use sealift_filename::ArchivePath;

use crate::error::Error;

/// Returns the name that the archive of an image carries.
pub(crate) fn naming(wanted: &Wanted) -> Result<Naming, Error> {
    Ok(Naming::new(&wanted.repository, &wanted.version)?)
}

/// Returns the name that an archive carries, by where it stands.
///
/// # Errors
///
/// If no image can have that name in an engine.
pub(crate) fn naming_of(archive: &ArchivePath) -> Result<Naming, Error> {
    let name = archive.name();
    let naming = archive
        .repository()
        .and_then(|repository| Naming::new(&repository, &name.to_version()).ok());
    naming.ok_or_else(|| Error::NoRepository {
        archive: archive.clone(),
        image: format!("{}:{}", archive.image(), name.version()),
    })
}
