//! Retention: all but the newest archives of images go.

use std::collections::BTreeSet;

use sealift_archive::Platform;
use sealift_filename::{ArchivePath, Repository};
use sealift_store::{Entry, Store, is_same_platform, retain};
use serde::Serialize;

use crate::learn::{archives_of, learn_all};
use crate::update::RemovedArchive;
use crate::{Context, Error};

/// What to clean, and what to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanOptions {
    /// The images; all of the folder where there are none.
    pub images: Vec<Repository>,
    /// How many versions to keep of each image and platform.
    pub keep: usize,
    /// Only archives for this platform.
    pub platform: Option<Platform>,
    /// Only tell what would go.
    pub dry_run: bool,
}

/// What was cleaned, or would be.
#[derive(Debug, Serialize)]
pub struct CleanReport {
    /// What went.
    pub removed: Vec<RemovedArchive>,
    /// What should have gone and is still there.
    #[serde(skip)]
    pub errors: Vec<Error>,
}

/// Removes all but the newest archives of images.
///
/// Only regular files that are known to hold an image go, so archives without a record are read before.
///
/// # Errors
///
/// Where the folder can't be read, or there is no archive of an image that was named.
pub async fn clean(
    store: &Store,
    options: &CleanOptions,
    context: &Context,
) -> Result<CleanReport, Error> {
    let (reader, images) = (store.clone(), options.images.clone());
    let mut entries = context.blocking(move |context| learn(&reader, &images, context)).await?;
    if let Some(platform) = &options.platform {
        entries.retain(|entry| entry.platform().is_some_and(|of| is_same_platform(platform, &of)));
    }
    let doomed = retain(&entries, options.keep);
    if options.dry_run {
        let size = |archive: &ArchivePath| {
            let entry = entries.iter().find(|entry| entry.archive == *archive);
            entry.map_or(0, |entry| entry.stat.size)
        };
        let removed = doomed
            .into_iter()
            .map(|archive| RemovedArchive {
                size: size(&archive),
                path: store.path_of(&archive),
                archive,
            })
            .collect();
        return Ok(CleanReport { removed, errors: Vec::new() });
    }
    if context.cancel().is_cancelled() {
        return Err(Error::Interrupted);
    }
    let (removed, errors) = remove(store, doomed, context).await;
    Ok(CleanReport { removed, errors })
}

fn learn(store: &Store, images: &[Repository], context: &Context) -> Result<Vec<Entry>, Error> {
    let mut archives = Vec::new();
    if images.is_empty() {
        archives = store.scan()?.archives;
    }
    for image in images.iter().collect::<BTreeSet<_>>() {
        archives.extend(archives_of(store, image, None)?);
    }
    learn_all(store, &archives, context)
}

/// Removes archives, and tells which are gone and what went wrong with the others.
pub(crate) async fn remove(
    store: &Store,
    archives: Vec<ArchivePath>,
    context: &Context,
) -> (Vec<RemovedArchive>, Vec<Error>) {
    let remover = store.clone();
    match context.blocking(move |_| Ok(remover.remove(&archives)?)).await {
        Ok(report) => (
            report
                .removed
                .into_iter()
                .map(|removed| RemovedArchive {
                    path: store.path_of(&removed.archive),
                    archive: removed.archive,
                    size: removed.size,
                })
                .collect(),
            report.failed.into_iter().map(|(_, error)| error.into()).collect(),
        ),
        Err(error) => (Vec::new(), vec![error]),
    }
}
