//! Verifies the archives of a folder.

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

/// Verifies archives, several at a time.
///
/// A file that still has its recorded hash is whole; with [`deep`](VerifyFolderOptions::deep) or
/// [`repair`](VerifyFolderOptions::repair), or without a record, everything inside is checked.
///
/// `on_result` receives each result as soon as it is known, in any order. The function returns them
/// sorted by path. Once it is cancelled, the archives that were not read to their end are
/// [`Verdict::Interrupted`].
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
/// If the folder cannot be read, or there is no archive of a query. What is wrong with an archive
/// is in its verdict.
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
    // It ends when the work ends, which drops the sender.
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
    // Nobody receives results after the future was dropped, which also stops the work.
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

/// Returns the archives to verify, and those that are recorded in folders that can't be read.
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
