//! The removals at the end of an update.

use std::collections::BTreeSet;

use sealift_catalog::Removal;
use sealift_filename::{ArchivePath, Repository};
use sealift_store::Store;

use crate::clean::remove;
use crate::error::Error;
use crate::run::Run;
use crate::update::report::RemovedArchive;

/// Removes the planned archives, except those of suspect images. Must be called after everything
/// else is durable.
pub(crate) async fn clean_up(
    store: &Store,
    mut planned: Vec<Removal>,
    suspects: &[&Repository],
    run: &Run,
) -> (Vec<RemovedArchive>, Vec<Error>) {
    let is_suspect = |removal: &mut Removal| {
        removal.archive.repository().is_some_and(|repository| suspects.contains(&&repository))
    };
    let kept: Vec<Removal> = planned.extract_if(.., is_suspect).collect();
    let paths = planned.iter().map(|removal| (removal.archive.clone(), removal.stat)).collect();
    let (removed, mut errors) = remove(store, paths, run).await;
    errors.extend(kept.into_iter().map(|removal| Error::NotCleaned { archive: removal.archive }));
    let removed: BTreeSet<ArchivePath> = removed.into_iter().collect();
    let is_removed = |removal: &&Removal| removed.contains(&removal.archive);
    let described = |removal| RemovedArchive::new(removal, store.root());
    (planned.iter().filter(is_removed).map(described).collect(), errors)
}
