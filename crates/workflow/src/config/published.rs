//! Which archives a config or its checksums are made of.

use sealift_catalog::{Entry, LatestOptions, Query};
use sealift_filename::Reference;
use sealift_store::{ReadOptions, Store};

use crate::config::options::ConfigOptions;
use crate::error::Error;
use crate::run::Run;
use crate::select::examine::{archives_of, with_read_options};
use crate::select::{LatestChoice, choose_latest, latest, refuse_flawed};

/// Selects the archives, sorted by path, each once: the latest of every image, or of the selected
/// images.
///
/// # Errors
///
/// If the folder can't be read, there is no archive of a selected image, an archive can't be
/// published, or there is none at all and that is not allowed.
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

/// Selects the latest archives of one image, one for each platform. A version that is named counts
/// even if it is dirty and only releases are asked for.
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

/// Refuses a result that nobody can have meant.
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
