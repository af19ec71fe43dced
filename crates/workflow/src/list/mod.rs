//! Listing of a folder's archives.

pub(crate) mod listing;

use std::collections::BTreeSet;

use sealift_catalog::{Entry, latest};
use sealift_filename::ArchivePath;
use sealift_store::{LatestArchives, Other, Scan, Store};

use crate::archive_file::ArchiveFile;
use crate::error::Error;
use crate::event::Event;
use crate::list::listing::{LeftOut, ListOptions, ListedArchive, Listing};
use crate::run::Run;
use crate::select::examine::{archives_of, examine_all, report_folder, with_read_options};
use crate::select::refuse_flawed;

/// Lists the archives of a folder by their names and records.
///
/// Archives are not read, with two exceptions: if a platform is selected, archives without a record
/// are read; if only the latest archives are requested, these are read if they have no record.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns an error if the folder cannot be read, or contains no archive of a selected image.
pub async fn list(store: &Store, options: &ListOptions, run: &Run) -> Result<Listing, Error> {
    let (store, options) = (store.clone(), options.clone());
    run.blocking(move |run| list_now(&store, &options, run)).await
}

fn list_now(store: &Store, options: &ListOptions, run: &Run) -> Result<Listing, Error> {
    let (archives, others) = candidates(store, options, run)?;
    if options.only_latest {
        return list_latest(store, archives, others, options, run);
    }
    let filter = &options.latest;
    let entries = match &filter.platform {
        Some(_) => examine_all(store, &archives, run)?,
        None => store.entries(&archives),
    };
    let newest: BTreeSet<&ArchivePath> =
        latest(&entries, filter).into_iter().map(|entry| &entry.archive).collect();
    let mut left_out = LeftOut::default();
    let archives = entries
        .iter()
        .filter(|entry| is_named(&entry.archive, options) && left_out.admits(entry, filter))
        .map(|entry| listed(store, entry, newest.contains(&entry.archive)))
        .collect();
    Ok(Listing { archives, others, left_out, errors: Vec::new() })
}

/// Lists the latest archives. If a version is selected, other versions do not count.
fn list_latest(
    store: &Store,
    mut archives: Vec<ArchivePath>,
    others: Vec<Other>,
    options: &ListOptions,
    run: &Run,
) -> Result<Listing, Error> {
    archives.retain(|archive| is_named(archive, options));
    let filter = &options.latest;
    let mut left_out = LeftOut::default();
    let latest = with_read_options(run, |reading| {
        if filter.platform.is_none() {
            // The names decide in most cases, so a large folder is listed without reading archives.
            if filter.release {
                let dirty = archives.iter().filter(|archive| archive.name().is_dirty());
                left_out.dirty = dirty.count();
            }
            return Ok(store.find_latest(&archives, filter, reading)?);
        }
        archives.sort_unstable();
        let entries = store.examined_entries(&archives, reading)?;
        for entry in &entries {
            left_out.admits(entry, filter);
        }
        Ok(LatestArchives::among(&entries, filter))
    })?;
    for passed in latest.passed_over {
        run.report(Event::PassedOver(passed));
    }
    let errors =
        latest.entries.iter().filter_map(|entry| refuse_flawed(store, entry).err()).collect();
    let archives = latest.entries.iter().map(|entry| listed(store, entry, true)).collect();
    Ok(Listing { archives, others, left_out, errors })
}

/// Returns the archives of all versions of the selected images, or all archives and other files.
fn candidates(
    store: &Store,
    options: &ListOptions,
    run: &Run,
) -> Result<(Vec<ArchivePath>, Vec<Other>), Error> {
    if options.images.is_empty() {
        // The latest are few and are sorted at the end.
        let Scan { archives, others, unreadable, .. } = match options.only_latest {
            true => store.scan_unsorted()?,
            false => store.scan_with_others()?,
        };
        for folder in unreadable {
            report_folder(folder, run);
        }
        return Ok((archives, others));
    }
    let mut archives = Vec::new();
    for reference in &options.images {
        // Returns an error that lists the available versions if there is no such archive.
        archives_of(store, reference.repository(), reference.version())?;
        archives.extend(store.archives_of(reference.repository())?);
    }
    archives.sort_unstable();
    archives.dedup();
    Ok((archives, Vec::new()))
}

fn is_named(archive: &ArchivePath, options: &ListOptions) -> bool {
    options.images.is_empty()
        || options.images.iter().any(|reference| {
            archive.repository().as_ref() == Some(reference.repository())
                && reference
                    .version()
                    .is_none_or(|version| version.as_str() == archive.name().version())
        })
}

fn listed(store: &Store, entry: &Entry, latest: bool) -> ListedArchive {
    let digest = entry.identity().map(|identity| identity.config);
    let file = ArchiveFile::new(store.root(), entry.archive.clone(), digest, entry.stat.size);
    let mut listed = ListedArchive::new(file, entry.stat.modified);
    listed.latest = latest;
    listed.platform = entry.platform();
    listed.state = entry.state();
    listed
}
