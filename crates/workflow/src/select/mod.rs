//! Selection of the archives for a command.

pub(crate) mod examine;
pub(crate) mod selection;

use std::collections::BTreeMap;

use sealift_catalog::{
    Ambiguous, AmbiguousChoice, Entry, Flaw, KnownImage, LatestOptions, Misnamed, Query,
    SelectError, Snapshot, passed_over,
};
use sealift_filename::{ArchivePath, Repository};
use sealift_store::Store;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::select::examine::{
    known_archives, report_changed, report_unreadable, with_read_options,
};

/// Converts the error of reading an archive that has a record of an image. The archive was valid
/// when the record was made, so any fault means that it is damaged now. The record is marked as
/// doubtful.
pub(crate) fn held_against_record(store: &Store, entry: &Entry, error: Error) -> Error {
    match error {
        Error::Archive(sealift_archive::Error::Fault { input, source })
            if entry.image().is_some() =>
        {
            store.doubt(&entry.archive, entry.stat);
            sealift_archive::Error::Fault { input, source: source.of_known_image() }.into()
        }
        error => error,
    }
}

/// Returns the entry and the known image of an archive that was selected.
pub(crate) fn known_image<'a>(
    snapshot: &'a Snapshot,
    archive: &ArchivePath,
) -> Result<(&'a Entry, &'a KnownImage), Error> {
    let known = snapshot.entry(archive).and_then(|entry| Some((entry, entry.image()?)));
    known.ok_or_else(|| Error::UnknownContent { archive: archive.clone() })
}

/// Finds the archive for a query and reports the archives that are passed over. Archives with a
/// flaw are refused.
pub(crate) async fn find(store: &Store, query: &Query, run: &Run) -> Result<Entry, Error> {
    let (finder, query) = (store.clone(), query.clone());
    let found = run
        .blocking(move |run| with_read_options(run, |reading| Ok(finder.find(&query, reading)?)))
        .await?;
    for passed in found.passed_over {
        run.report(Event::PassedOver(passed));
    }
    refuse_flawed(store, &found.entry)?;
    report_changed([&found.entry], run);
    Ok(found.entry)
}

/// Finds the latest archive of every image and reports the archives that are passed over. Archives
/// without a record are read.
///
/// # Errors
///
/// Returns an error if the folder, or a subfolder that is known to contain archives, cannot be
/// read; or if all archives of an image are misnamed.
pub(crate) async fn latest(
    store: &Store,
    options: &LatestOptions,
    run: &Run,
) -> Result<Vec<Entry>, Error> {
    let (store, options) = (store.clone(), options.clone());
    run.blocking(move |run| {
        let (archives, errors) = known_archives(&store, run)?;
        // Without the archives in unreadable subfolders, an older archive could be chosen.
        if let Some(error) = errors.into_iter().next() {
            return Err(error);
        }
        let entries =
            with_read_options(run, |reading| Ok(store.examined_entries(&archives, reading)?))?;
        let LatestChoice { latest, misnamed } = choose_latest(&entries, &options, run);
        match misnamed.first() {
            Some(entry) => refuse_flawed(&store, entry).map(|()| latest),
            None => Ok(latest),
        }
    })
    .await
}

/// The latest archives of a folder.
pub(crate) struct LatestChoice {
    pub(crate) latest: Vec<Entry>,
    /// Misnamed archives of images that have no other archives.
    pub(crate) misnamed: Vec<Entry>,
}

/// Chooses the latest archives, and reports the archives that are passed over.
pub(crate) fn choose_latest(entries: &[Entry], options: &LatestOptions, run: &Run) -> LatestChoice {
    let latest: Vec<Entry> =
        sealift_catalog::latest(entries, options).into_iter().cloned().collect();
    let is_latest = |entry: &&Entry| latest.iter().any(|other| other.archive == entry.archive);
    // Filtered first, because each remaining archive is compared with every latest one.
    let unreadable = entries.iter().filter(|entry| entry.is_unreadable());
    report_unreadable(unreadable.filter(|entry| !is_latest(entry)), run);
    report_changed(&latest, run);
    let mut misnamed = Vec::new();
    for passed in passed_over(entries, options) {
        if passed.instead.is_some() {
            run.report(Event::PassedOver(passed));
        } else {
            misnamed.extend(entries.iter().find(|entry| entry.archive == passed.archive).cloned());
        }
    }
    LatestChoice { latest, misnamed }
}

/// Returns an error if an image has latest archives for several platforms.
pub(crate) fn refuse_several_platforms(latest: &[Entry]) -> Result<(), Error> {
    let mut images: BTreeMap<Repository, Vec<AmbiguousChoice>> = BTreeMap::new();
    for entry in latest {
        if let (Some(image), Some(platform)) = (entry.archive.repository(), entry.platform()) {
            let choice = AmbiguousChoice::new(platform, entry.archive.clone());
            images.entry(image).or_default().push(choice);
        }
    }
    match images.into_iter().find(|(_, choices)| choices.len() > 1) {
        Some((image, choices)) => {
            Err(SelectError::from(Ambiguous::new(Query::new(image, None), choices)).into())
        }
        None => Ok(()),
    }
}

/// Returns an error if an archive is known to be damaged, unsupported, misnamed or unreadable.
pub(crate) fn refuse_flawed(store: &Store, entry: &Entry) -> Result<(), Error> {
    let path = store.path_of(&entry.archive);
    match entry.flaw() {
        Some(Flaw::Damaged { fault }) => {
            Err(sealift_archive::Error::Fault { input: path.into(), source: fault }.into())
        }
        Some(Flaw::Misnamed { reason }) => {
            let root = store.root().display().to_string();
            Err(SelectError::from(Misnamed::new(root, entry.archive.clone(), reason)).into())
        }
        Some(Flaw::Unreadable { reason }) => Err(Error::ArchiveUnreadable { path, reason }),
        _ => Ok(()),
    }
}
