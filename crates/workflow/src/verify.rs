//! Every byte of every archive, read again.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sealift_archive::{Digest, ExamineOptions, Fault, FaultKind, Identity, examine, hash_file};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId};
use sealift_store::{Entry, Knowledge, Query, Store, SweepReport};
use serde::Serialize;

use crate::learn::{all_archives, archives_of};
use crate::list::image_of;
use crate::{Context, Error, Work};

/// What to verify, and how thoroughly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyOptions {
    /// The archives; all of the folder where there are none.
    pub queries: Vec<Query>,
    /// Decompress every layer and check its diff id, also where a manifest names its digest.
    pub deep: bool,
    /// Make all records anew, and sweep what crashed writers left behind. Never deletes an archive.
    pub repair: bool,
}

/// What was found out about one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedArchive {
    /// The image, as the archive's path has it.
    pub image: String,
    /// The version.
    pub version: String,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The full digest of the config of the image inside; `None` if there is no whole image.
    pub digest: Option<Digest>,
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The archive's format.
    pub format: ArchiveFormat,
    /// The size of the file in bytes.
    pub size: u64,
    /// What it is.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What an archive turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// A whole image, and the one that its name says.
    Whole,
    /// No image, which is no damage.
    NoImage {
        /// What it looks like instead, a fragment.
        reason: String,
    },
    /// Bytes are missing or wrong.
    Damaged {
        /// What is wrong, a fragment.
        reason: String,
    },
    /// It may be whole, but it is of a form that isn't taken.
    Unsupported {
        /// What it is, a fragment.
        reason: String,
    },
    /// The caller asked to stop before it was read to its end.
    Interrupted,
    /// A whole image, but not the one that the id in its name says.
    Misnamed {
        /// The id that it should have.
        actual_id: String,
    },
}

impl Verdict {
    /// Tells whether the archive can't be relied on.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Misnamed { .. })
    }
}

/// Reads archives whole and tells what they are, several at a time.
///
/// Where a record tells the file's hash, a file that still has it is proven by that; with `deep` or
/// `repair`, or without a record, everything inside is checked.
///
/// Once it is cancelled, the archives that were not read to their end are [`Verdict::Interrupted`].
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// Where the folder or an archive can't be read, or there is no archive that was asked for. What is wrong
/// with an archive stands in its verdict.
pub async fn verify(
    store: &Store,
    options: &VerifyOptions,
    context: &Context,
) -> Result<Vec<VerifiedArchive>, Error> {
    let (store, options) = (store.clone(), options.clone());
    context.blocking(move |context| verify_now(&store, &options, context)).await
}

fn verify_now(
    store: &Store,
    options: &VerifyOptions,
    context: &Context,
) -> Result<Vec<VerifiedArchive>, Error> {
    if options.repair {
        let SweepReport { failed, .. } = store.sweep()?;
        if let Some(error) = failed.into_iter().next() {
            return Err(error.into());
        }
    }
    let archives = chosen(store, options, context)?;
    let entries = store.entries(&archives);
    let jobs = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(entries.len());
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = verify_what_is_there(store, entry, options, context).transpose();
            let Some(result) = result else { continue };
            let is_end = result.is_err();
            results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
            if is_end {
                next.store(entries.len(), Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs {
            scope.spawn(work);
        }
        work();
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut verified = results.into_iter().collect::<Result<Vec<_>, _>>()?;
    verified.sort_by(|left, right| left.archive.cmp(&right.archive));
    Ok(verified)
}

fn chosen(
    store: &Store,
    options: &VerifyOptions,
    context: &Context,
) -> Result<Vec<ArchivePath>, Error> {
    if options.queries.is_empty() {
        return all_archives(store, context);
    }
    let mut archives = Vec::new();
    for query in &options.queries {
        archives.extend(archives_of(store, &query.repository, query.version.as_ref())?);
    }
    archives.sort_unstable();
    archives.dedup();
    Ok(archives)
}

/// Judges an archive; one that another writer removes meanwhile is none, and one that is replaced is judged by what
/// is there now.
fn verify_what_is_there(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    context: &Context,
) -> Result<Option<VerifiedArchive>, Error> {
    let verified = verify_one(store, entry, options, context);
    let is_bad = verified.as_ref().map_or_else(
        |error| error.kind() == crate::ErrorKind::NotFound,
        |verified| verified.verdict.is_bad(),
    );
    if !is_bad {
        return verified.map(Some);
    }
    match store.entry(&entry.archive) {
        None => Ok(None),
        Some(now) if now.stat != entry.stat => verify_one(store, &now, options, context).map(Some),
        Some(_) => verified.map(Some),
    }
}

fn verify_one(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    context: &Context,
) -> Result<VerifiedArchive, Error> {
    let verdict = match context.cancel().is_cancelled() {
        true => Err(Error::Interrupted),
        false => examined(store, entry, options, context),
    };
    let (verdict, digest) = match verdict {
        Err(error) if error.kind() == crate::ErrorKind::Interrupted => (Verdict::Interrupted, None),
        verdict => verdict?,
    };
    let name = entry.archive.name();
    Ok(VerifiedArchive {
        image: image_of(&entry.archive),
        version: name.version().to_owned(),
        id: name.id(),
        digest,
        path: store.path_of(&entry.archive),
        archive: entry.archive.clone(),
        format: name.format(),
        size: entry.stat.size,
        verdict,
    })
}

/// Reads an archive, with progress.
fn examined(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    context: &Context,
) -> Result<(Verdict, Option<Digest>), Error> {
    let label = entry.archive.to_string();
    context.start(&label, Work::Verifying, Some(entry.stat.size));
    let on_bytes = |bytes| context.progress(&label, bytes);
    let examine_options = ExamineOptions {
        deep: options.deep,
        cancel: Some(context.cancel().flag()),
        on_bytes: Some(&on_bytes),
    };
    let verdict = verdict(store, entry, options, &examine_options);
    context.finish(&label);
    verdict
}

fn verdict(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    examine_options: &ExamineOptions<'_>,
) -> Result<(Verdict, Option<Digest>), Error> {
    let recorded = entry.image();
    if let Some(known) = recorded.filter(|_| !options.deep && !options.repair)
        && hash_file(store.path_of(&entry.archive), examine_options)? == known.sha256
    {
        return Ok(named(entry, &known.identity));
    }
    let (identity, sha256) = match read(store, entry, options, examine_options)? {
        Ok(found) => found,
        Err(verdict) => return Ok((verdict, None)),
    };
    // The file says that it wasn't touched since it was proven, and yet its bytes are others.
    if recorded.is_some_and(|known| known.sha256 != sha256) {
        let reason =
            "has changed since it was recorded, without a sign of being written".to_owned();
        return Ok((Verdict::Damaged { reason }, None));
    }
    Ok(named(entry, &identity))
}

/// Reads an archive whole: its image and its hash, or why it holds none. A repair makes its record anew.
fn read(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    examine_options: &ExamineOptions<'_>,
) -> Result<Result<(Identity, Digest), Verdict>, Error> {
    if options.repair {
        return Ok(match store.examine(&entry.archive, examine_options)? {
            Knowledge::Image(known) => Ok((known.identity, known.sha256)),
            Knowledge::NoImage { reason } => Err(Verdict::NoImage { reason }),
            Knowledge::Damaged { fault } => Err(fault_verdict(&fault)),
            _ => Err(Verdict::Unsupported { reason: "is of an unknown form".to_owned() }),
        });
    }
    match examine(store.path_of(&entry.archive), examine_options) {
        Ok(found) => Ok(Ok((found.identity, found.sha256))),
        Err(sealift_archive::Error::Fault { source, .. }) => Ok(Err(fault_verdict(&source))),
        Err(error) => Err(error.into()),
    }
}

fn named(entry: &Entry, identity: &Identity) -> (Verdict, Option<Digest>) {
    let verdict = match identity.answers_to(entry.archive.name().id().as_str()) {
        true => Verdict::Whole,
        false => Verdict::Misnamed { actual_id: identity.config.short() },
    };
    (verdict, Some(identity.config))
}

fn fault_verdict(fault: &Fault) -> Verdict {
    match (fault.kind(), fault) {
        (FaultKind::NotAnImage, Fault::NotAnImage { reason }) => {
            Verdict::NoImage { reason: reason.clone() }
        }
        (FaultKind::Damaged, _) => Verdict::Damaged { reason: fault.to_string() },
        _ => Verdict::Unsupported { reason: fault.to_string() },
    }
}
