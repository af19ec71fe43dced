//! Signatures that a load requires. Each archive is hashed once for all engines.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sealift_archive::hash_file;
use sealift_filename::ArchivePath;
use sealift_store::Store;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::event::Work;
use crate::run::Run;
use crate::trust::Trust;
use crate::trust::folder::TrustedSums;

/// The signed checksums that must list each archive, if a signature is required.
#[derive(Default)]
pub(crate) struct Signatures {
    required: Option<Arc<TrustedSums>>,
    checked: Mutex<BTreeSet<ArchivePath>>,
}

impl Signatures {
    /// Reads the checksums of a folder and verifies their signatures.
    pub(crate) async fn of(store: &Store, trust: &Trust, run: &Run) -> Result<Self, Error> {
        let (store, trust) = (store.clone(), trust.clone());
        let sums = run.blocking(move |_| Ok(TrustedSums::of(&store, &trust))).await?;
        Ok(Self { required: sums.map(Arc::new), ..Self::default() })
    }

    /// Returns an error if a signature is required and the archive is not listed.
    pub(crate) async fn check(
        &self,
        store: &Store,
        archive: &ArchivePath,
        run: &Run,
    ) -> Result<(), Error> {
        let Some(required) = &self.required else { return Ok(()) };
        let mut checked = self.checked.lock().await;
        if checked.contains(archive) {
            return Ok(());
        }
        let (sums, store, hashed) = (Arc::clone(required), store.clone(), archive.clone());
        run.blocking(move |run| check(&sums, &store, &hashed, run)).await?;
        checked.insert(archive.clone());
        Ok(())
    }
}

/// Hashes an archive and checks that it is listed. Records are not used for this, because anyone
/// who can change an archive can also change its record.
fn check(sums: &TrustedSums, store: &Store, archive: &ArchivePath, run: &Run) -> Result<(), Error> {
    let size = store.entry(archive).map(|entry| entry.stat.size);
    let activity = run.activity(archive.as_str(), Work::Verifying, size);
    let sha256 = hash_file(store.path_of(archive), &|bytes| {
        activity.progress(bytes);
        run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue)
    })?;
    sums.refuse(archive, &sha256).map_or(Ok(()), |error| Err(error.into()))
}
