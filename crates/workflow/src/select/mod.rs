//! Finds the archives that commands work on.

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

/// Returns what a fault of an archive means for one that is recorded as an image: it is damaged,
/// whatever it looks like now. Its record is not believed any more.
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

/// Returns what is known of an archive that was decided for.
pub(crate) fn known_image<'a>(
    snapshot: &'a Snapshot,
    archive: &ArchivePath,
) -> Result<(&'a Entry, &'a KnownImage), Error> {
    let known = snapshot.entry(archive).and_then(|entry| Some((entry, entry.image()?)));
    known.ok_or_else(|| Error::UnknownContent { archive: archive.clone() })
}

/// Finds the archive and reports what is passed over for it; one that can't be used is refused.
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

/// Finds the latest archive of every image, whatever has to be read for it, and reports what is
/// passed over for them.
///
/// # Errors
///
/// If the folder, or one below it that archives are known to be in, can't be read; if all archives
/// of an image are misnamed.
pub(crate) async fn latest(
    store: &Store,
    options: &LatestOptions,
    run: &Run,
) -> Result<Vec<Entry>, Error> {
    let (store, options) = (store.clone(), options.clone());
    run.blocking(move |run| {
        let (archives, errors) = known_archives(&store, run)?;
        // Without them the result would be incomplete.
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
    /// The archives of images of which nothing else is there.
    pub(crate) misnamed: Vec<Entry>,
}

/// Chooses the latest archives, and reports what is passed over for them.
pub(crate) fn choose_latest(entries: &[Entry], options: &LatestOptions, run: &Run) -> LatestChoice {
    let latest: Vec<Entry> =
        sealift_catalog::latest(entries, options).into_iter().cloned().collect();
    let is_latest = |entry: &&Entry| latest.iter().any(|other| other.archive == entry.archive);
    // Few are unreadable; all others would be compared with every latest one.
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

/// Refuses latest archives of one image for several platforms, with all of these.
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

/// Refuses an archive that is known to be damaged, not supported or misnamed, or that can't be
/// read.
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
