//! Retention: which archives of a folder are removed, and their removal.

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

/// How many archives are removed before it is looked whether somebody asked to stop.
const AT_A_TIME: usize = 16;

/// Decides what a clean-up removes, and removes nothing. Archives without a record are read.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Panics
///
/// Outside of a tokio runtime.
///
/// # Errors
///
/// If the folder cannot be read, or has no archive of an image or version that was named.
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
/// Once it is cancelled, the report contains what is gone, with [`Error::Interrupted`] among its
/// errors.
///
/// # Cancel safety
///
/// When the future is dropped, a few more archives may be removed.
///
/// # Panics
///
/// Outside of a tokio runtime.
///
/// # Errors
///
/// If the folder's last whole archive would be removed, and [`CleanPlan::may_take_last`] is not
/// set. What cannot be removed is in the report.
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

/// Removes archives whose files still look like this. Returns those that are gone, and why others
/// are not.
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
