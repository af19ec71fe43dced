//! Verification of the archives of a folder.

pub(crate) mod examine;
pub(crate) mod options;
pub(crate) mod verdict;

use sealift_filename::ArchivePath;
use sealift_store::{Store, SweepReport, in_parallel};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::error::Error;
use crate::run::Run;
use crate::select::examine::{archives_of, report_folder};
use crate::trust::folder::TrustedSums;
use crate::verify::examine::{Finding, How, verify_what_is_there};
use crate::verify::options::VerifyFolderOptions;
use crate::verify::verdict::{Verdict, VerifiedArchive};

/// Verifies archives, several at the same time.
///
/// A file that still has its recorded SHA-256 is intact. With [`deep`](VerifyFolderOptions::deep)
/// or [`repair`](VerifyFolderOptions::repair), or without a valid record, its content is verified.
///
/// `on_result` receives each result as soon as it is available, in any order. The function returns
/// the results sorted by path. After a cancellation, the archives that were not read completely are
/// [`Verdict::Interrupted`].
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
/// Returns an error if the folder cannot be read, or if a query matches no archive. Flaws of
/// archives are in their verdicts.
pub async fn verify(
    store: &Store,
    options: &VerifyFolderOptions,
    on_result: impl Fn(&VerifiedArchive) + Send + Sync,
    run: &Run,
) -> Result<Vec<VerifiedArchive>, Error> {
    let (store, options) = (store.clone(), options.clone());
    let (sender, mut results) = unbounded_channel();
    let work = run.blocking(move |run| verify_now(&store, &options, &sender, run));
    let mut verified = Vec::new();
    // The channel is closed when the work ends, because that drops the sender.
    let receive = async {
        while let Some(archive) = results.recv().await {
            on_result(&archive);
            verified.push(archive);
        }
    };
    let (done, ()) = tokio::join!(work, receive);
    done?;
    verified.sort_by(|left, right| left.file.archive.cmp(&right.file.archive));
    Ok(verified)
}

/// Verifies archives and sends each result.
fn verify_now(
    store: &Store,
    options: &VerifyFolderOptions,
    results: &UnboundedSender<VerifiedArchive>,
    run: &Run,
) -> Result<(), Error> {
    // Errors are ignored: there is no receiver after the future was dropped, which also cancels the
    // work.
    let send = |archive| _ = results.send(archive);
    if options.repair {
        let SweepReport { failed, .. } = store.sweep()?;
        if let Some(error) = failed.into_iter().next() {
            return Err(error.into());
        }
    }
    let (archives, hidden) = chosen(store, options, run)?;
    let how = How { options, sums: TrustedSums::of(store, &options.trust) };
    hidden.into_iter().for_each(send);
    let entries = store.entries(&archives);
    let waiting = run.waiting(entries.iter().map(|entry| entry.archive.to_string()));
    in_parallel(&entries, None, |entry| {
        waiting.end(entry.archive.as_str());
        verify_what_is_there(store, entry, &how, run).map(|verified| {
            verified.into_iter().for_each(send);
        })
    })?;
    Ok(())
}

/// Returns the archives to verify, and results for recorded archives in unreadable subfolders.
fn chosen(
    store: &Store,
    options: &VerifyFolderOptions,
    run: &Run,
) -> Result<(Vec<ArchivePath>, Vec<VerifiedArchive>), Error> {
    if options.queries.is_empty() {
        let mut hidden = Vec::new();
        let scan = store.scan()?;
        for folder in scan.unreadable {
            let path = folder.path.to_str().unwrap_or_default();
            for archive in store.recorded_archives_in(path) {
                let reason = format!("its folder {}", folder.reason);
                let found = Finding::without_image(Verdict::Unreadable { reason });
                hidden.push(found.of(store, &archive, 0));
            }
            report_folder(folder, run);
        }
        return Ok((scan.archives, hidden));
    }
    let mut archives = Vec::new();
    for query in &options.queries {
        archives.extend(archives_of(store, &query.repository, query.version.as_ref())?);
    }
    archives.sort_unstable();
    archives.dedup();
    Ok((archives, Vec::new()))
}
