//! Verification of one archive.

use std::ops::ControlFlow;

use sealift_archive::{ExamineOptions, Fault, FaultKind, hash_file};
use sealift_catalog::{Entry, Knowledge, KnownImage};
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_store::Store;

use crate::archive_file::ArchiveFile;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::event::Work;
use crate::run::Run;
use crate::trust::folder::TrustedSums;
use crate::verify::options::VerifyFolderOptions;
use crate::verify::verdict::{Covered, Verdict, VerifiedArchive};

/// The settings of a verification.
pub(crate) struct How<'a> {
    pub(crate) options: &'a VerifyFolderOptions,
    /// The signed checksums that must list each archive, if a signature is required.
    pub(crate) sums: Option<TrustedSums>,
}

/// Verifies an archive. If another process replaces it in the meantime, the new file is verified.
/// Returns `None` if another process removes it.
pub(crate) fn verify_what_is_there(
    store: &Store,
    entry: &Entry,
    how: &How<'_>,
    run: &Run,
) -> Result<Option<VerifiedArchive>, Error> {
    let verified = verify_one(store, entry, how, run);
    let is_bad = verified.as_ref().map_or_else(
        |error| error.kind() == ErrorKind::NotFound,
        |verified| verified.verdict.is_bad(),
    );
    if !is_bad {
        return verified.map(Some);
    }
    match store.entry(&entry.archive) {
        None => Ok(None),
        Some(now) if now.stat != entry.stat => verify_one(store, &now, how, run).map(Some),
        Some(_) => verified.map(Some),
    }
}

fn verify_one(
    store: &Store,
    entry: &Entry,
    how: &How<'_>,
    run: &Run,
) -> Result<VerifiedArchive, Error> {
    let found = match run.cancel().is_cancelled() {
        true => Err(Error::Interrupted),
        false => examined(store, entry, how, run),
    };
    let found = match found {
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Finding::without_image(Verdict::Interrupted)
        }
        Err(error) => match refusal(&error) {
            Some(reason) => Finding::without_image(Verdict::Unreadable { reason }),
            None => return Err(error),
        },
        Ok(found) => found,
    };
    if found.verdict.is_damaged() {
        store.doubt(&entry.archive, entry.stat);
    }
    Ok(found.of(store, &entry.archive, entry.stat.size))
}

/// Returns the error of the operating system if an existing archive cannot be read.
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

/// Verifies an archive and reports the progress.
fn examined(store: &Store, entry: &Entry, how: &How<'_>, run: &Run) -> Result<Finding, Error> {
    let activity = run.activity(entry.archive.as_str(), Work::Verifying, Some(entry.stat.size));
    let on_bytes = |bytes| {
        activity.progress(bytes);
        run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue)
    };
    verdict(store, entry, how, &on_bytes)
}

/// The result of verifying an archive.
pub(crate) struct Finding {
    verdict: Verdict,
    digest: Option<Digest>,
    covered: Covered,
    changed_from: Option<Digest>,
}

impl Finding {
    pub(crate) fn without_image(verdict: Verdict) -> Self {
        Self { verdict, digest: None, covered: Covered::Content, changed_from: None }
    }

    pub(crate) fn of(self, store: &Store, archive: &ArchivePath, size: u64) -> VerifiedArchive {
        let Self { verdict, digest, covered, changed_from } = self;
        let file = ArchiveFile::new(store.root(), archive.clone(), digest, size);
        VerifiedArchive { file, verdict, covered, changed_from }
    }
}

fn verdict(
    store: &Store,
    entry: &Entry,
    how: &How<'_>,
    on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Result<Finding, Error> {
    let (path, options) = (store.path_of(&entry.archive), how.options);
    let believed = entry.image();
    if let Some(known) = believed.filter(|_| !options.deep && !options.repair)
        && hash_file(&path, on_bytes)? == known.sha256
    {
        let (verdict, digest) = named(entry, known, how);
        let changed_from = known.changed_from;
        return Ok(Finding { verdict, digest, covered: Covered::RecordedSum, changed_from });
    }
    let examine_options =
        ExamineOptions::new().with_decompress_layers(options.deep).with_on_bytes(on_bytes);
    // A repair also replaces the record.
    let knowledge = match options.repair {
        true => store.examine(&entry.archive, &examine_options)?,
        false => store.check(&entry.archive, &examine_options)?,
    };
    let known = match knowledge {
        Knowledge::Image(known) => *known,
        Knowledge::NoImage { reason } => {
            return Ok(Finding::without_image(Verdict::NoImage { reason }));
        }
        Knowledge::Damaged { fault } => return Ok(Finding::without_image(fault_verdict(&fault))),
        Knowledge::Unreadable { reason } => {
            return Ok(Finding::without_image(Verdict::Unreadable { reason }));
        }
    };
    // The size and the time of the file are the recorded ones, but its bytes differ.
    if believed.is_some_and(|believed| believed.sha256 != known.sha256) {
        let reason = "has changed since it was recorded, although its size and time are unchanged"
            .to_owned();
        return Ok(Finding::without_image(Verdict::Damaged { reason }));
    }
    let (verdict, digest) = named(entry, &known, how);
    Ok(Finding { verdict, digest, covered: Covered::Content, changed_from: known.changed_from })
}

fn named(entry: &Entry, known: &KnownImage, how: &How<'_>) -> (Verdict, Option<Digest>) {
    let (name, identity) = (entry.archive.name(), &known.identity);
    let verdict = match (identity.has_short_id(name.id()), &known.wrong_member) {
        (false, _) => Verdict::Misnamed { actual_id: identity.config.image_id() },
        (true, Some(member)) => {
            Verdict::MisnamedMember { member: member.clone(), expected: name.member_name() }
        }
        (true, None) => {
            match how.sums.as_ref().and_then(|sums| sums.refuse(&entry.archive, &known.sha256)) {
                Some(error) => Verdict::Untrusted { reason: error.reason() },
                None => Verdict::Whole,
            }
        }
    };
    (verdict, Some(identity.config))
}

/// Returns the verdict for an archive with a fault.
pub(crate) fn fault_verdict(fault: &Fault) -> Verdict {
    match fault.kind() {
        FaultKind::Damaged => Verdict::Damaged { reason: fault.reason().to_string() },
        _ => Verdict::Unsupported { reason: fault.reason().to_string() },
    }
}
