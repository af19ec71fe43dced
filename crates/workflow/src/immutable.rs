//! Protection of releases against changes.

use sealift_filename::{ImageId, Reference};
use sealift_store::Store;

use crate::error::Error;

/// Returns an error if releases are immutable and the folder has other builds of the same release.
pub(crate) fn refuse_other_builds(
    immutable: bool,
    image: &Reference,
    others: &[ImageId],
    store: Option<&Store>,
) -> Result<(), Error> {
    if !immutable || others.is_empty() {
        return Ok(());
    }
    Err(Error::Rebuilt {
        image: image.clone(),
        ids: others.to_vec(),
        folder: store.map(|store| store.root().to_owned()).unwrap_or_default(),
    })
}
