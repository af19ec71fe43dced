//! Every byte of every archive, read again.

use std::ops::ControlFlow;
use std::path::PathBuf;

use sealift_archive::{ExamineOptions, Fault, FaultKind, hash_file};
use sealift_catalog::{Entry, Knowledge, KnownImage, Query};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId};
use sealift_oci::Digest;
use sealift_store::{Store, SweepReport, in_parallel};
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::event::Work;
use crate::list::image_of;
use crate::run::Run;
use crate::select::learn::{archives_of, report_folder};

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
    /// What was compared to find that out.
    pub covered: Covered,
    /// The SHA-256 that was recorded before, if the file has changed since without sealift having
    /// written it.
    pub changed_from: Option<Digest>,
}

/// What an archive was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Covered {
    /// The file has the SHA-256 that was recorded when its content was verified: no bit of it has
    /// changed since.
    RecordedSum,
    /// Everything inside was read, and compared with the digests that name it.
    Content,
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
    /// It may be whole, but it is not a supported archive.
    Unsupported {
        /// What it is, a fragment.
        reason: String,
    },
    /// The operating system refuses to read it.
    Unreadable {
        /// The operating system's word.
        reason: String,
    },
    /// The caller asked to stop before it was read to its end.
    Interrupted,
    /// A zip with a whole image, whose member is not named like the zip: clusters do not find it.
    MisnamedMember {
        /// The name of the member.
        member: String,
        /// The name that it should have.
        expected: String,
    },
    /// A whole image, but not the one that the id in its name says.
    Misnamed {
        /// The id that it should have.
        actual_id: String,
    },
}

impl Verdict {
    /// Tells whether the archive can't be relied on.
    pub fn is_bad(&self) -> bool {
        self.is_damaged() || self.is_misnamed()
    }

    /// Returns `true` if bytes are missing or wrong.
    pub fn is_damaged(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Returns `true` if the archive's name does not fit what is inside.
    pub fn is_misnamed(&self) -> bool {
        matches!(self, Self::Misnamed { .. } | Self::MisnamedMember { .. })
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
    run: &Run,
) -> Result<Vec<VerifiedArchive>, Error> {
    let (store, options) = (store.clone(), options.clone());
    run.blocking(move |run| verify_now(&store, &options, run)).await
}

fn verify_now(
    store: &Store,
    options: &VerifyOptions,
    run: &Run,
) -> Result<Vec<VerifiedArchive>, Error> {
    if options.repair {
        let SweepReport { failed, .. } = store.sweep()?;
        if let Some(error) = failed.into_iter().next() {
            return Err(error.into());
        }
    }
    let (archives, hidden) = chosen(store, options, run)?;
    let entries = store.entries(&archives);
    let verified =
        in_parallel(&entries, None, |entry| verify_what_is_there(store, entry, options, run))?;
    let mut verified: Vec<VerifiedArchive> = verified.into_iter().flatten().collect();
    verified.extend(hidden);
    verified.sort_by(|left, right| left.archive.cmp(&right.archive));
    Ok(verified)
}

/// Returns the archives to verify, and those that are recorded in folders that can't be read.
fn chosen(
    store: &Store,
    options: &VerifyOptions,
    run: &Run,
) -> Result<(Vec<ArchivePath>, Vec<VerifiedArchive>), Error> {
    if options.queries.is_empty() {
        let mut hidden = Vec::new();
        let scan = store.scan()?;
        for folder in scan.unreadable {
            let path = folder.path.to_str().unwrap_or_default();
            for archive in store.recorded_archives_in(path) {
                let reason = format!("its folder {}", folder.reason);
                let found = Found::without_image(Verdict::Unreadable { reason });
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

/// Judges an archive; one that another writer removes meanwhile is none, and one that is replaced is judged by what
/// is there now.
fn verify_what_is_there(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    run: &Run,
) -> Result<Option<VerifiedArchive>, Error> {
    let verified = verify_one(store, entry, options, run);
    let is_bad = verified.as_ref().map_or_else(
        |error| error.kind() == ErrorKind::NotFound,
        |verified| verified.verdict.is_bad(),
    );
    if !is_bad {
        return verified.map(Some);
    }
    match store.entry(&entry.archive) {
        None => Ok(None),
        Some(now) if now.stat != entry.stat => verify_one(store, &now, options, run).map(Some),
        Some(_) => verified.map(Some),
    }
}

fn verify_one(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    run: &Run,
) -> Result<VerifiedArchive, Error> {
    let found = match run.cancel().is_cancelled() {
        true => Err(Error::Interrupted),
        false => examined(store, entry, options, run),
    };
    let found = match found {
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Found::without_image(Verdict::Interrupted)
        }
        Err(error) => match refusal(&error) {
            Some(reason) => Found::without_image(Verdict::Unreadable { reason }),
            None => return Err(error),
        },
        Ok(found) => found,
    };
    if found.verdict.is_damaged() {
        store.doubt(&entry.archive, entry.stat);
    }
    Ok(found.of(store, &entry.archive, entry.stat.size))
}

/// Returns the operating system's word if it refuses to read an archive that is there.
fn refusal(error: &Error) -> Option<String> {
    let source = match error {
        Error::Archive(sealift_archive::Error::Io { source, .. })
        | Error::Store(
            sealift_store::Error::Io { source, .. }
            | sealift_store::Error::Archive(sealift_archive::Error::Io { source, .. }),
        ) => source,
        _ => return None,
    };
    (source.kind() != std::io::ErrorKind::NotFound).then(|| source.to_string())
}

/// Reads an archive, with progress.
fn examined(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    run: &Run,
) -> Result<Found, Error> {
    let activity = run.activity(entry.archive.as_str(), Work::Verifying, Some(entry.stat.size));
    let on_bytes = |bytes| {
        activity.progress(bytes);
        run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue)
    };
    verdict(store, entry, options, &on_bytes)
}

/// What was found out about an archive.
struct Found {
    verdict: Verdict,
    digest: Option<Digest>,
    covered: Covered,
    changed_from: Option<Digest>,
}

impl Found {
    fn without_image(verdict: Verdict) -> Self {
        Self { verdict, digest: None, covered: Covered::Content, changed_from: None }
    }

    fn of(self, store: &Store, archive: &ArchivePath, size: u64) -> VerifiedArchive {
        let Self { verdict, digest, covered, changed_from } = self;
        let name = archive.name();
        VerifiedArchive {
            image: image_of(archive),
            version: name.version().to_owned(),
            id: name.id(),
            digest,
            path: store.path_of(archive),
            archive: archive.clone(),
            format: name.format(),
            size,
            verdict,
            covered,
            changed_from,
        }
    }
}

fn verdict(
    store: &Store,
    entry: &Entry,
    options: &VerifyOptions,
    on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Result<Found, Error> {
    let path = store.path_of(&entry.archive);
    let believed = entry.image();
    if let Some(known) = believed.filter(|_| !options.deep && !options.repair)
        && hash_file(&path, on_bytes)? == known.sha256
    {
        let (verdict, digest) = named(entry, known);
        let changed_from = known.changed_from;
        return Ok(Found { verdict, digest, covered: Covered::RecordedSum, changed_from });
    }
    let examine_options = ExamineOptions::new().decompress_layers(options.deep).on_bytes(on_bytes);
    // A repair records anew what the archive holds.
    let knowledge = match options.repair {
        true => store.examine(&entry.archive, &examine_options)?,
        false => store.check(&entry.archive, &examine_options)?,
    };
    let known = match knowledge {
        Knowledge::Image(known) => *known,
        Knowledge::NoImage { reason } => {
            return Ok(Found::without_image(Verdict::NoImage { reason }));
        }
        Knowledge::Damaged { fault } => return Ok(Found::without_image(fault_verdict(&fault))),
        Knowledge::Unreadable { reason } => {
            return Ok(Found::without_image(Verdict::Unreadable { reason }));
        }
    };
    // The size and the time of the file are those of its record, and yet its bytes are others.
    if believed.is_some_and(|believed| believed.sha256 != known.sha256) {
        let reason =
            "has changed since it was recorded, without a sign of being written".to_owned();
        return Ok(Found::without_image(Verdict::Damaged { reason }));
    }
    let (verdict, digest) = named(entry, &known);
    Ok(Found { verdict, digest, covered: Covered::Content, changed_from: known.changed_from })
}

fn named(entry: &Entry, known: &KnownImage) -> (Verdict, Option<Digest>) {
    let (name, identity) = (entry.archive.name(), &known.identity);
    let verdict = match (identity.has_short_id(name.id()), &known.wrong_member) {
        (false, _) => Verdict::Misnamed { actual_id: identity.config.short() },
        (true, Some(member)) => {
            Verdict::MisnamedMember { member: member.clone(), expected: name.member_name() }
        }
        (true, None) => Verdict::Whole,
    };
    (verdict, Some(identity.config))
}

fn fault_verdict(fault: &Fault) -> Verdict {
    match fault.kind() {
        FaultKind::Damaged => Verdict::Damaged { reason: fault.to_string() },
        _ => Verdict::Unsupported { reason: fault.to_string() },
    }
}
