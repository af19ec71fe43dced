//! Examination of archives, with events for those that must be read.

use std::sync::atomic::{AtomicBool, Ordering};

use sealift_catalog::{Entry, Flaw, Query};
use sealift_filename::{ArchivePath, Repository, Version};
use sealift_store::{Other, ReadOptions, Reading, Store};

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;

/// Returns all archives of a folder. Subfolders that cannot be read are reported.
///
/// # Errors
///
/// Returns an error if the folder itself cannot be read.
pub(crate) fn all_archives(store: &Store, run: &Run) -> Result<Vec<ArchivePath>, Error> {
    let scan = store.scan()?;
    for folder in scan.unreadable {
        report_folder(folder, run);
    }
    Ok(scan.archives)
}

/// Returns all archives of a folder. For each unreadable subfolder that is known to contain
/// archives, an error is returned. Other unreadable subfolders are reported.
///
/// # Errors
///
/// Returns an error if the folder itself cannot be read.
pub(crate) fn known_archives(
    store: &Store,
    run: &Run,
) -> Result<(Vec<ArchivePath>, Vec<Error>), Error> {
    let scan = store.scan()?;
    let mut errors = Vec::new();
    for folder in scan.unreadable {
        if folder.path.to_str().is_some_and(|path| !store.recorded_archives_in(path).is_empty()) {
            errors.push(Error::FolderUnreadable {
                folder: store.root().join(folder.path),
                reason: folder.reason.to_string(),
            });
        } else {
            report_folder(folder, run);
        }
    }
    Ok((scan.archives, errors))
}

pub(crate) fn report_folder(Other { path, reason, .. }: Other, run: &Run) {
    run.report(Event::FolderLeftOut { folder: path, reason: reason.to_string() });
}

/// Examines archives. Archives that cannot be read are reported, but are part of the result.
pub(crate) fn examine_all(
    store: &Store,
    archives: &[ArchivePath],
    run: &Run,
) -> Result<Vec<Entry>, Error> {
    let entries = with_read_options(run, |reading| Ok(store.examined_entries(archives, reading)?))?;
    report_unreadable(&entries, run);
    Ok(entries)
}

/// Reports the archives that cannot be read.
pub(crate) fn report_unreadable<'a>(entries: impl IntoIterator<Item = &'a Entry>, run: &Run) {
    for entry in entries {
        if let Some(flaw @ Flaw::Unreadable { .. }) = entry.flaw() {
            let (archive, reason) = (entry.archive.clone(), flaw.to_string());
            run.report(Event::LeftOut { archive, reason });
        }
    }
}

/// Reports the archives whose content has changed since it was recorded.
pub(crate) fn report_changed<'a>(entries: impl IntoIterator<Item = &'a Entry>, run: &Run) {
    for entry in entries {
        if let Some(image) = entry.image()
            && let Some(before) = image.changed_from
        {
            let archive = entry.archive.clone();
            run.report(Event::Changed { archive, before, now: image.sha256 });
        }
    }
}

/// Calls a function that may read archives, with options for progress and cancellation.
pub(crate) fn with_read_options<T>(
    run: &Run,
    work: impl FnOnce(&ReadOptions<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let is_reading = AtomicBool::new(false);
    let on_start = |Reading { archives, bytes, .. }: Reading| {
        is_reading.store(true, Ordering::Relaxed);
        run.report(Event::Reading { archives, bytes });
    };
    let on_bytes = |bytes| run.report(Event::Read { bytes });
    let options = ReadOptions::default().with_cancel(run.cancel().flag());
    let result = work(&options.with_on_start(&on_start).with_on_bytes(&on_bytes));
    if is_reading.into_inner() {
        run.report(Event::ReadingEnded);
    }
    result
}

/// Returns the archives of an image, or of one version of it. If there are none, the error lists
/// what is available.
pub(crate) fn archives_of(
    store: &Store,
    image: &Repository,
    version: Option<&Version>,
) -> Result<Vec<ArchivePath>, Error> {
    let mut found = store.archives_of(image)?;
    if let Some(version) = version {
        found.retain(|archive| archive.name().version() == version.as_str());
    }
    if found.is_empty() {
        let query = Query::new(image.clone(), version.cloned());
        store.find(&query, &ReadOptions::default())?;
    }
    Ok(found)
}
