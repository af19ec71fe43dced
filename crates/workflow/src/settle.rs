//! The decision whether a folder already has an image under a name, and which archive to create
//! otherwise.

use sealift_catalog::{PlanOptions, Settled, Snapshot, Wanted, other_builds, reconcile};
use sealift_filename::{ArchivePath, ImageId, Reference};
use sealift_oci::{Digest, Identity};
use sealift_store::Store;

use crate::error::Error;
use crate::immutable::refuse_other_builds;
use crate::run::Run;
use crate::select::examine::with_read_options;
use crate::select::known_image;

/// The place of an image in a folder.
pub(crate) enum Place {
    /// The folder already has the image.
    There { archive: ArchivePath, size: u64, sha256: Digest },
    /// The folder does not have the image; `archive` must be created. `replaces` has the ids of
    /// other builds of the same release.
    Free { archive: ArchivePath, replaces: Vec<ImageId>, snapshot: Snapshot },
}

/// Returns the place of an image under a name.
///
/// # Errors
///
/// Returns an error if `immutable` is set and the folder has another build of the same release.
pub(crate) async fn settle(
    store: &Store,
    name: &Reference,
    (wanted, identity): (&Wanted, &Identity),
    options: PlanOptions,
    immutable: bool,
    run: &Run,
) -> Result<Place, Error> {
    let names = [(wanted.repository.clone(), wanted.version.clone())];
    let (reader, planning) = (store.clone(), options.clone());
    let snapshot = run
        .blocking(move |run| {
            reader.sweep()?;
            with_read_options(run, |reading| Ok(reader.snapshot(&names, &planning, reading)?))
        })
        .await?;
    match reconcile(&snapshot, wanted, identity, &options)? {
        Settled::Publish { archive } => {
            let replaces = other_builds(&snapshot, wanted, Some(identity));
            refuse_other_builds(immutable, name, &replaces, Some(store))?;
            Ok(Place::Free { archive, replaces, snapshot })
        }
        Settled::AlreadyThere { archive } => {
            let (entry, known) = known_image(&snapshot, &archive)?;
            let (size, sha256) = (entry.stat.size, known.sha256);
            Ok(Place::There { archive, size, sha256 })
        }
        Settled::UnsupportedFormat { archive } => {
            Err(Error::UnsupportedFormat { image: name.clone(), archive })
        }
    }
}
