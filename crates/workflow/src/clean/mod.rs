//! Retention: selection and removal of archives in a folder.

mod plan;
pub(crate) mod report;

use std::collections::BTreeSet;

use sealift_catalog::{Retention, Stat};
use sealift_filename::ArchivePath;
use sealift_store::Store;

use crate::clean::plan::plan_now;
use crate::clean::report::{CleanPlan, CleanReport};
use crate::error::Error;
use crate::run::Run;

/// The number of archives that are removed between two checks for a cancellation.
const AT_A_TIME: usize = 16;

/// Returns what a clean-up would remove, without removing it. Archives without a record are read.
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
/// Returns an error if the folder cannot be read, or contains no archive of a named image or
/// version.
pub async fn plan_clean(
    store: &Store,
    retention: &Retention,
    run: &Run,
) -> Result<CleanPlan, Error> {
    let (store, retention) = (store.clone(), retention.clone());
    run.blocking(move |run| plan_now(&store, &retention, run)).await
}

/// Removes the archives of a plan, unless they have changed since.
///
/// After a cancellation, the report lists the removed archives and contains [`Error::Interrupted`].
///
/// # Cancel safety
///
/// If the future is dropped, a few more archives may be removed.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns an error if the last intact archive in the folder would be removed and
/// [`CleanPlan::may_take_last`] is not set. Errors of single archives are in the report.
pub async fn clean(store: &Store, plan: &CleanPlan, run: &Run) -> Result<CleanReport, Error> {
    if plan.takes_last && !plan.may_take_last {
        return Err(Error::LastArchive { folder: plan.root.clone() });
    }
    run.check_cancelled()?;
    let paths = plan.archives.iter().map(|one| (one.file.archive.clone(), one.stat)).collect();
    let (removed, errors) = remove(store, paths, run).await;
    let removed: BTreeSet<ArchivePath> = removed.into_iter().collect();
    let removed = plan.archives.iter().filter(|archive| removed.contains(&archive.file.archive));
    let skipped = plan.skipped.clone();
    Ok(CleanReport { removed: removed.cloned().collect(), skipped, errors })
}

/// Removes archives whose files still have the given size and times. Returns the removed archives,
/// and the errors of the others.
pub(crate) async fn remove(
    store: &Store,
    archives: Vec<(ArchivePath, Stat)>,
    run: &Run,
) -> (Vec<ArchivePath>, Vec<Error>) {
    let remover = store.clone();
    let removed = run.blocking(move |run| Ok(remove_now(&remover, &archives, run)));
    removed.await.unwrap_or_else(|error| (Vec::new(), vec![error]))
}

/// Removes archives in small groups, so that the removal can be cancelled.
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
                errors.extend(report.failed.into_iter().map(|failed| Error::from(failed.error)));
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
    fn an_interrupted_removal_stops_and_reports_it() {
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
