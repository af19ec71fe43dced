//! Verification of one published archive.

use std::ops::ControlFlow;
use std::sync::Arc;

use sealift_archive::{BlockIndex, ExamineOptions, Proof, examine};
use sealift_filename::ArchiveFormat;
use sealift_oci::Digest;
use tokio::runtime::Handle;

use crate::error::Error;
use crate::event::Work;
use crate::fetch::archive_place::ArchivePlace;
use crate::fetch::download::Published;
use crate::fetch::wanted::Wanted;
use crate::published::block_check::BlockCheck;
use crate::published::object_source::ObjectSource;
use crate::published::place::PublishedPlace;
use crate::published::report::{Beside, VerifiedObject};
use crate::published::sums_check::PublishedSums;
use crate::published_layout::BLOCKS_SUFFIX;
use crate::run::Run;
use crate::verify::examine::fault_verdict;
use crate::verify::verdict::Verdict;

/// The largest block index that is compared, in bytes. The same limit applies to a fetch.
const LARGEST_INDEX: usize = 24 << 20;

/// Verifies an archive and its block index. The archive is read once.
pub(crate) async fn verify_object(
    place: &PublishedPlace,
    wanted: Wanted,
    sums: &PublishedSums,
    deep: bool,
    run: &Run,
) -> VerifiedObject {
    let (verdict, blocks) = match verify_at(place, &wanted, sums, deep, run).await {
        Ok(found) => found,
        Err(error) => (verdict_of(&error), Beside::Unchecked),
    };
    let Wanted { image, version, entry, .. } = wanted;
    VerifiedObject { image, version, path: entry.path, size: entry.size, verdict, blocks }
}

async fn verify_at(
    place: &PublishedPlace,
    wanted: &Wanted,
    sums: &PublishedSums,
    deep: bool,
    run: &Run,
) -> Result<(Verdict, Beside), Error> {
    let beside = ArchivePlace::beside_config(place, wanted)?;
    let stated = sums.of_index(&wanted.entry.path);
    let other = |error: &Error| match error {
        Error::NotPublished { .. } => ArchivePlace::of_url(place, wanted),
        _ => None,
    };
    match verify_once(beside, wanted, stated, deep, run).await {
        Err(error) => match other(&error) {
            Some(at) => verify_once(at, wanted, stated, deep, run).await,
            None => Err(error),
        },
        verified => verified,
    }
}

async fn verify_once(
    at: ArchivePlace,
    wanted: &Wanted,
    stated: Option<Digest>,
    deep: bool,
    run: &Run,
) -> Result<(Verdict, Beside), Error> {
    check_size(&at, wanted, run).await?;
    let (index, state) = read_index(&at, wanted, stated, run).await?;
    let (wanted, index) = (wanted.clone(), index.map(Arc::new));
    let examined = run.blocking(move |run| {
        let entry = &wanted.entry;
        let activity = run.activity(wanted.tag.to_string(), Work::Verifying, Some(entry.size));
        let published = Published::new(&at.remote, &at.key, entry.size, &activity, run);
        let blocks = index.as_deref().map(BlockCheck::new);
        let source = ObjectSource::open(&published, blocks, Handle::current())?;
        let on_bytes =
            |_| run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue);
        let options = ExamineOptions::new()
            .with_decompress_layers(deep)
            .with_input(at.shown())
            .with_on_bytes(&on_bytes);
        let proof = examine(&source, &options);
        let (failed, wrong_blocks) = source.finish();
        match (failed, proof) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(error.into()),
            (None, Ok(proof)) => Ok((judge(&proof, &wanted), wrong_blocks)),
        }
    });
    let (verdict, wrong_blocks) = examined.await?;
    let state = match (&verdict, wrong_blocks) {
        (Verdict::Damaged { .. }, _) => Beside::Unchecked,
        (_, Some(reason)) => Beside::Wrong { reason },
        (_, None) => state,
    };
    Ok((verdict, state))
}

/// Compares the size of an archive with the config before it is read. Otherwise a range after the
/// end of a truncated archive would be refused with a less helpful error. If the size is not
/// available, reading the archive detects a difference.
async fn check_size(at: &ArchivePlace, wanted: &Wanted, run: &Run) -> Result<(), Error> {
    let head = run.wait_for(async { Ok(at.remote.head(&at.key).await) }).await?;
    let expected = wanted.entry.size;
    match head.map(|object| object.and_then(|object| object.size)) {
        Ok(Some(size)) if size != expected => Err(Error::FetchedDiffers {
            place: at.shown(),
            reason: format!("it has {size} bytes, not {expected}"),
        }),
        _ => Ok(()),
    }
}

/// Returns the verdict for an archive that was read completely.
fn judge(proof: &Proof, wanted: &Wanted) -> Verdict {
    let (entry, identity) = (&wanted.entry, proof.identity());
    let (found, name) = (proof.sha256(), entry.path.name());
    if found != entry.sha256 {
        let reason = format!("its SHA-256 is {}, not {}", found.hex(), entry.sha256.hex());
        return Verdict::Damaged { reason };
    }
    if identity.config != entry.digest || !identity.has_short_id(name.id()) {
        return Verdict::Misnamed { actual_id: identity.config.image_id() };
    }
    let expected = name.member_name();
    match proof.member_name() {
        Some(member) if member != expected => {
            Verdict::MisnamedMember { member: member.to_owned(), expected }
        }
        _ => Verdict::Whole,
    }
}

/// Returns the verdict for an archive that could not be read completely.
fn verdict_of(error: &Error) -> Verdict {
    match error {
        Error::NotPublished { .. } => Verdict::Missing,
        Error::FetchedDiffers { reason, .. } => Verdict::Damaged { reason: reason.clone() },
        Error::Interrupted | Error::Archive(sealift_archive::Error::Cancelled { .. }) => {
            Verdict::Interrupted
        }
        Error::Archive(error) => match error {
            sealift_archive::Error::Fault { source, .. } => fault_verdict(source),
            sealift_archive::Error::Io { source, .. } => {
                Verdict::Unreadable { reason: source.to_string() }
            }
            _ => Verdict::Unreadable { reason: error.to_string() },
        },
        _ => Verdict::Unreadable { reason: error.to_string() },
    }
}

/// Reads the block index of a zip. Returns it if it can be compared with the archive, and its
/// state.
async fn read_index(
    at: &ArchivePlace,
    wanted: &Wanted,
    stated: Option<Digest>,
    run: &Run,
) -> Result<(Option<BlockIndex>, Beside), Error> {
    let entry = &wanted.entry;
    if entry.path.name().format() != ArchiveFormat::Zip {
        return Ok((None, Beside::None));
    }
    let key = at.key.with_suffix(BLOCKS_SUFFIX);
    let place = PublishedPlace::new(at.remote.clone(), key.clone());
    let text = run.wait_for(place.read_text(&key, LARGEST_INDEX)).await;
    let wrong = |reason: String| Ok((None, Beside::Wrong { reason }));
    let text = match text {
        Ok(Some((text, _))) => text,
        Ok(None) if stated.is_some() => return Ok((None, Beside::Missing)),
        // A zip that another tool wrote may have no index.
        Ok(None) => return Ok((None, Beside::None)),
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) => return Ok((None, Beside::Unreadable { reason: error.to_string() })),
    };
    if stated.is_some_and(|stated| stated != Digest::of(text.as_bytes())) {
        return wrong("its SHA-256 is not the one in SHA256SUMS".to_owned());
    }
    match text.parse::<BlockIndex>() {
        Ok(index) if index.sha256() == entry.sha256 && index.size() == entry.size => {
            Ok((Some(index), Beside::Right))
        }
        Ok(_) => wrong("it belongs to another file".to_owned()),
        Err(error) => wrong(error.to_string()),
    }
}
