//! Selection of the archives that a clean-up removes.

use std::collections::BTreeSet;

use sealift_catalog::{Entry, Flaw, Retention, retain};
use sealift_filename::{ArchivePath, Reference, Version};
use sealift_store::{ReadOptions, Store};

use crate::archive_file::ArchiveFile;
use crate::clean::report::{CleanPlan, CleanedArchive, SkippedArchive};
use crate::error::Error;
use crate::run::Run;
use crate::select::examine::{all_archives, archives_of, examine_all, with_read_options};

/// Returns what a clean-up would remove.
pub(crate) fn plan_now(
    store: &Store,
    retention: &Retention,
    run: &Run,
) -> Result<CleanPlan, Error> {
    let mut archives = Vec::new();
    if retention.images.is_empty() {
        archives = all_archives(store, run)?;
    }
    for image in &retention.images {
        archives_of(store, image.repository(), image.version())?;
    }
    // The newest versions are determined from all versions of an image.
    let images: BTreeSet<_> = retention.images.iter().map(Reference::repository).collect();
    for image in images {
        archives.extend(store.archives_of(image)?);
    }
    let entries = examine_all(store, &archives, run)?;
    let removed = retain(&entries, retention);
    let takes_last = !removed.is_empty() && !is_any_left(store, &entries, &removed, run)?;
    let is_removed = |entry: &&Entry| removed.binary_search(&entry.archive).is_ok();
    Ok(CleanPlan {
        archives: entries.iter().filter(is_removed).map(|entry| cleaned(store, entry)).collect(),
        skipped: entries.iter().filter_map(|entry| skipped(store, entry, retention)).collect(),
        takes_last,
        may_take_last: false,
        root: store.root().to_owned(),
    })
}

/// Returns `true` if the folder would still contain an intact archive.
fn is_any_left(
    store: &Store,
    entries: &[Entry],
    removed: &[ArchivePath],
    run: &Run,
) -> Result<bool, Error> {
    let is_left = |entry: &Entry| {
        entry.removable
            && entry.is_rightly_named()
            && removed.binary_search(&entry.archive).is_err()
    };
    if entries.iter().any(is_left) {
        return Ok(true);
    }
    let known: BTreeSet<&ArchivePath> = entries.iter().map(|entry| &entry.archive).collect();
    let mut others = store.scan()?.archives;
    others.retain(|archive| !known.contains(archive));
    // The records are sufficient in most cases. Otherwise archives are read, until one is intact.
    if store.entries(&others).iter().any(is_left) {
        return Ok(true);
    }
    let is_whole = |archive: &ArchivePath, reading: &ReadOptions<'_>| {
        Ok(store.examined_entries(std::slice::from_ref(archive), reading)?.iter().any(is_left))
    };
    for archive in &others {
        if with_read_options(run, |reading| is_whole(archive, reading))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn cleaned(store: &Store, entry: &Entry) -> CleanedArchive {
    let digest = entry.identity().map(|identity| identity.config);
    let file = ArchiveFile::new(store.root(), entry.archive.clone(), digest, entry.stat.size);
    CleanedArchive {
        dirty: file.is_dirty(),
        file,
        saved: entry.saved(),
        platform: entry.platform(),
        stat: entry.stat,
    }
}

fn skipped(store: &Store, entry: &Entry, retention: &Retention) -> Option<SkippedArchive> {
    let flaw = entry.flaw().filter(|flaw| !matches!(flaw, Flaw::NoImage { .. }))?;
    let names = |image: &Reference| {
        let version = entry.archive.name().version();
        image.version().map(Version::as_str) == Some(version)
            && entry.archive.repository().as_ref() == Some(image.repository())
    };
    retention.names(&entry.archive).then(|| SkippedArchive {
        archive: entry.archive.clone(),
        path: store.path_of(&entry.archive),
        flaw,
        is_named: retention.images.iter().any(names),
    })
}
