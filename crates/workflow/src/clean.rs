//! Retention: which archives of a folder are removed, and their removal.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use sealift_catalog::{Entry, Flaw, Retention, Stat, retain};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference, Version};
use sealift_oci::{Digest, Platform};
use sealift_store::{ReadOptions, Store};
use serde::Serialize;

use crate::error::Error;
use crate::list::image_of;
use crate::run::Run;
use crate::select::learn::{all_archives, archives_of, learn_all, with_learning};

/// How many archives are removed before it is looked whether somebody asked to stop.
const AT_A_TIME: usize = 16;

/// What [`clean`] is going to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanPlan {
    /// The archives that are removed, sorted by path.
    pub archives: Vec<CleanedArchive>,
    /// The archives that the selectors name, but that are neither counted nor removed.
    pub skipped: Vec<SkippedArchive>,
    /// Whether the folder would have no whole archive left.
    pub takes_last: bool,
    /// Whether [`clean`] may remove the folder's last whole archive; `false` at first.
    pub may_take_last: bool,
    root: PathBuf,
}

/// An archive that is removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CleanedArchive {
    /// The image.
    pub image: String,
    /// The version.
    pub version: String,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Option<Digest>,
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// Its format.
    pub format: ArchiveFormat,
    /// The size of the file in bytes.
    pub size: u64,
    /// When it was saved: the recorded time, otherwise the time when the file was last modified.
    pub saved: Timestamp,
    /// Whether the version is a dirty one.
    pub dirty: bool,
    /// What the image runs on.
    pub platform: Option<Platform>,
    /// How the file looked when this was decided.
    #[serde(skip)]
    pub stat: Stat,
}

/// An archive that is not removed, since it is not known what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedArchive {
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// Why it was skipped: `damaged`, `misnamed`, `unsupported` or `unreadable`.
    pub verdict: &'static str,
    /// The reason, a fragment.
    pub reason: String,
    /// Whether its version was named.
    #[serde(skip)]
    pub is_named: bool,
}

/// What [`clean`] removed.
#[derive(Debug)]
pub struct CleanReport {
    /// The archives that were removed.
    pub removed: Vec<CleanedArchive>,
    /// Why others could not be removed.
    pub errors: Vec<Error>,
}

/// Decides what a clean-up removes, and removes nothing. Archives without a record are read.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// If the folder can't be read, or has no archive of an image or version that was named.
pub async fn plan_clean(
    store: &Store,
    retention: &Retention,
    run: &Run,
) -> Result<CleanPlan, Error> {
    let (store, retention) = (store.clone(), retention.clone());
    run.blocking(move |run| plan_now(&store, &retention, run)).await
}

/// Removes what was planned, as far as it is still the same.
///
/// Once it is cancelled, the report says what is gone, with [`Error::Interrupted`] among its errors.
///
/// # Cancel safety
///
/// When the future is dropped, a few more archives may be removed.
///
/// # Errors
///
/// If the folder's last whole archive would be removed, and [`CleanPlan::may_take_last`] is not
/// set. What can't be removed is in the report.
pub async fn clean(store: &Store, plan: &CleanPlan, run: &Run) -> Result<CleanReport, Error> {
    if plan.takes_last && !plan.may_take_last {
        return Err(Error::LastArchive { folder: plan.root.clone() });
    }
    if run.cancel().is_cancelled() {
        return Err(Error::Interrupted);
    }
    let paths = plan.archives.iter().map(|one| (one.archive.clone(), one.stat)).collect();
    let (removed, errors) = remove(store, paths, run).await;
    let removed: BTreeSet<ArchivePath> = removed.into_iter().collect();
    let removed = plan.archives.iter().filter(|archive| removed.contains(&archive.archive));
    Ok(CleanReport { removed: removed.cloned().collect(), errors })
}

fn plan_now(store: &Store, retention: &Retention, run: &Run) -> Result<CleanPlan, Error> {
    let mut archives = Vec::new();
    if retention.images.is_empty() {
        archives = all_archives(store, run)?;
    }
    for image in &retention.images {
        archives_of(store, image.repository(), image.version())?;
    }
    // All versions of an image are needed, to know which one is the newest.
    let images: BTreeSet<_> = retention.images.iter().map(Reference::repository).collect();
    for image in images {
        archives.extend(store.archives_of(image)?);
    }
    let entries = learn_all(store, &archives, run)?;
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

/// Returns `true` if the folder has a whole archive that is not removed.
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
    // What records know is enough in most cases.
    if store.entries(&others).iter().any(is_left) {
        return Ok(true);
    }
    let is_whole = |archive: &ArchivePath, learn: &ReadOptions<'_>| {
        Ok(store.examined_entries(std::slice::from_ref(archive), learn)?.iter().any(is_left))
    };
    for archive in &others {
        if with_learning(run, |learn| is_whole(archive, learn))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn cleaned(store: &Store, entry: &Entry) -> CleanedArchive {
    let name = entry.archive.name();
    CleanedArchive {
        image: image_of(&entry.archive),
        version: name.version().to_owned(),
        id: name.id(),
        digest: entry.identity().map(|identity| identity.config),
        archive: entry.archive.clone(),
        path: store.path_of(&entry.archive),
        format: name.format(),
        size: entry.stat.size,
        saved: entry.saved(),
        dirty: name.is_dirty(),
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
        verdict: flaw.verdict(),
        reason: flaw.reason(),
        is_named: retention.images.iter().any(names),
    })
}

/// Removes archives whose files still look like this. Returns those that are gone, and why others are not.
pub(crate) async fn remove(
    store: &Store,
    archives: Vec<(ArchivePath, Stat)>,
    run: &Run,
) -> (Vec<ArchivePath>, Vec<Error>) {
    let remover = store.clone();
    let removed = run.blocking(move |run| Ok(remove_now(&remover, &archives, run)));
    removed.await.unwrap_or_else(|error| (Vec::new(), vec![error]))
}

/// Removes a few archives at a time, so that it can be interrupted.
fn remove_now(
    store: &Store,
    archives: &[(ArchivePath, Stat)],
    run: &Run,
) -> (Vec<ArchivePath>, Vec<Error>) {
    let (mut removed, mut errors) = (Vec::new(), Vec::new());
    for some in archives.chunks(AT_A_TIME) {
        if run.cancel().is_cancelled() {
            errors.push(Error::Interrupted);
            break;
        }
        match store.remove_unchanged(some) {
            Ok(report) => {
                removed.extend(report.removed.into_iter().map(|removed| removed.archive));
                errors.extend(report.failed.into_iter().map(|(_, error)| Error::from(error)));
            }
            Err(error) => {
                errors.push(error.into());
                break;
            }
        }
    }
    (removed, errors)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cancel::Cancel;
    use crate::event::Silent;

    #[test]
    fn an_interrupted_removal_removes_no_more_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let archive: ArchivePath = "web_1_0123456789ab.docker".parse().unwrap();
        std::fs::write(store.path_of(&archive), "x").unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        let run = Run::new(Arc::new(Silent), cancel);
        let stat = store.stat(&archive).unwrap();
        let (removed, errors) = remove_now(&store, &[(archive.clone(), stat)], &run);
        assert!(removed.is_empty());
        assert!(matches!(errors[..], [Error::Interrupted]), "{errors:?}");
        assert!(store.path_of(&archive).exists());
    }
}
