//! What an update removes at its end.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sealift_filename::{ArchivePath, Repository};
use sealift_store::{Removal, Store};
use serde::Serialize;

use crate::clean::remove;
use crate::error::Error;
use crate::run::Run;

/// An archive that an update removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedArchive {
    /// The name that it had, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path that it had, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The size of its file in bytes.
    pub size: u64,
    /// Whether its version is newer than every version of the image that the call names.
    pub newer: bool,
}

/// Removes what was planned, once everything else is durable, but nothing of suspect images.
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
    let is_removed = |removal: &Removal| removed.contains(&removal.archive);
    let described = |removal: Removal| RemovedArchive {
        path: store.path_of(&removal.archive),
        archive: removal.archive,
        size: removal.size,
        newer: removal.newer,
    };
    (planned.into_iter().filter(is_removed).map(described).collect(), errors)
}
