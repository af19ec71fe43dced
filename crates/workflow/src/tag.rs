//! Copying of an archive in the folder under another name or version.

use std::path::PathBuf;

use sealift_archive::{Renamer, VerifyOptions};
use sealift_catalog::{Entry, PlanOptions, Query, Wanted};
use sealift_filename::{ArchiveFormat, ArchivePath, Reference};
use sealift_oci::Identity;
use sealift_store::Store;
use serde::Serialize;

use crate::error::Error;
use crate::event::Work;
use crate::ingest::{Copy, copy, form};
use crate::naming::naming_of;
use crate::open_archive::open_archive;
use crate::run::Run;
use crate::select::{find, held_against_record};
use crate::settle::{Place, settle};
use crate::stored_archive::{StoredArchive, StoredContent};

/// The archive with the new version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tagged {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// `true` if it was written now, `false` if it already existed.
    pub tagged: bool,
    /// The archive that it was copied from.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub from: PathBuf,
}

/// Copies the archive that matches a query under another name and version, as `docker tag` does for
/// an image. No engine is needed.
///
/// The new archive has the same id and format, and contains only the new `image:tag`. It is
/// verified while it is written. The old archive stays in the folder.
///
/// A release is never moved to another image: if the folder has another build of it, an error is
/// returned. A dirty version such as `latest` can be moved; the new archive is then the latest one
/// of this version.
///
/// # Cancel safety
///
/// If the future is dropped, the work stops soon after and the staging file is removed. The new
/// archive is then either published or missing.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns the errors of [`path`](crate::path()), and an error if the archive is damaged, if the
/// new name is not valid or belongs to another build, or if the archive cannot be written.
pub async fn tag(store: &Store, from: &Query, to: &Reference, run: &Run) -> Result<Tagged, Error> {
    let source = find(store, from, run).await?;
    let identity = identity_of(store, &source, run).await?;
    let (repository, version) = (to.repository().familiar(), to.version_or_latest());
    let wanted = Wanted::from_identity(repository.clone(), version.clone(), &identity);
    // An existing archive with the same image counts in either format.
    let options = PlanOptions::default();
    let place = settle(store, to, (&wanted, &identity), options, true, run).await?;
    let from = store.path_of(&source.archive);
    let describe = |archive, tagged, size, sha256| Tagged {
        file: StoredArchive::new(
            store,
            repository.clone(),
            version.clone(),
            archive,
            StoredContent { digest: identity.config, size, sha256 },
        ),
        tagged,
        from: from.clone(),
    };
    if let Place::There { archive, size, sha256 } = place {
        return Ok(describe(archive, false, size, sha256));
    }
    let format = match source.archive.name().format() {
        ArchiveFormat::Zip => ArchiveFormat::Zip,
        _ => ArchiveFormat::Docker,
    };
    let archive = ArchivePath::new(&repository, &version, source.archive.name().id(), format)?;
    let renamer = Renamer::new(naming_of(&archive)?, VerifyOptions::default());
    let copied = Copy {
        from: from.clone(),
        shown: from.clone(),
        form: form(&archive, renamer, Default::default()),
        to: archive.clone(),
        expected: identity.clone(),
        work: Work::Adding,
        label: source.archive.to_string(),
    };
    let staged = copy(store, copied, run).await;
    let staged = staged.map_err(|error| held_against_record(store, &source, error))?;
    let target = archive.clone();
    let published = run.blocking(move |_| Ok(staged.publish(&target, None)?)).await?;
    Ok(describe(archive, !published.was_there, published.size, published.sha256))
}

/// Returns the identity of an archive's image. The archive is read only if it has no valid record.
async fn identity_of(store: &Store, source: &Entry, run: &Run) -> Result<Identity, Error> {
    if let Some(identity) = source.identity() {
        return Ok(identity.clone());
    }
    let (store, archive) = (store.clone(), source.archive.clone());
    run.blocking(move |run| {
        Ok(open_archive(&store, &archive, archive.as_str(), run)?.identity().clone())
    })
    .await
}
