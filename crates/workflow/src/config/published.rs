//! Selection of the archives for a config or its checksums.

use sealift_catalog::{Entry, LatestOptions, Query};
use sealift_filename::Reference;
use sealift_store::{ReadOptions, Store};

use crate::config::options::ConfigOptions;
use crate::error::Error;
use crate::run::Run;
use crate::select::examine::{archives_of, with_read_options};
use crate::select::{LatestChoice, choose_latest, latest, refuse_flawed};

/// Returns the selected archives, sorted by path and without duplicates: the latest of every image,
/// or of the selected images.
///
/// # Errors
///
/// Returns an error if the folder cannot be read, a selected image has no archive, an archive has a
/// flaw, or the result is empty and that is not allowed.
pub(crate) async fn published(
    store: &Store,
    options: &ConfigOptions,
    run: &Run,
) -> Result<Vec<Entry>, Error> {
    let mut entries = if options.images.is_empty() {
        latest(store, &options.latest, run).await?
    } else {
        let (store, options) = (store.clone(), options.clone());
        run.blocking(move |run| selected(&store, &options, run)).await?
    };
    for entry in &entries {
        refuse_flawed(store, entry)?;
    }
    entries.retain(|entry| entry.image().is_some());
    entries.sort_by(|left, right| left.archive.cmp(&right.archive));
    entries.dedup_by(|left, right| left.archive == right.archive);
    Ok(entries)
}

fn selected(store: &Store, options: &ConfigOptions, run: &Run) -> Result<Vec<Entry>, Error> {
    let mut selected = Vec::new();
    for reference in &options.images {
        selected.extend(select(store, reference, &options.latest, run)?);
    }
    Ok(selected)
}

/// Returns the latest archives of one image, one for each platform. A version that is named
/// explicitly is accepted even if it is dirty and only releases are selected.
fn select(
    store: &Store,
    reference: &Reference,
    latest: &LatestOptions,
    run: &Run,
) -> Result<Vec<Entry>, Error> {
    let (image, version) = (reference.repository(), reference.version());
    let latest = latest.clone().with_release(latest.release && version.is_none());
    let archives = archives_of(store, image, version)?;
    let entries =
        with_read_options(run, |reading| Ok(store.examined_entries(&archives, reading)?))?;
    let LatestChoice { latest: found, misnamed } = choose_latest(&entries, &latest, run);
    if let Some(entry) = misnamed.first() {
        refuse_flawed(store, entry)?;
    }
    if found.is_empty() {
        let query = Query::new(image.clone(), version.cloned()).with_latest(latest);
        store.find(&query, &ReadOptions::default())?;
    }
    Ok(found)
}

/// Refuses an empty result unless it is allowed.
pub(crate) fn refuse_empty(
    is_empty: bool,
    store: &Store,
    options: &ConfigOptions,
) -> Result<(), Error> {
    if is_empty && !options.allow_empty {
        return Err(Error::NothingToPublish {
            folder: store.root().to_owned(),
            what: if options.latest.release { "release" } else { "archive" },
        });
    }
    Ok(())
}
