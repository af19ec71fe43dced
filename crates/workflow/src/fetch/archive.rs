//! Fetching of one archive: find its block index, transfer the missing bytes, verify, publish.

use sealift_archive::BlockIndex;
use sealift_filename::ArchiveFormat;
use sealift_oci::Digest;
use sealift_remote::{ErrorKind as RemoteKind, Get, GetRequest};
use sealift_store::{Error as StoreError, Staged, Store, Unfinished};

use crate::error::Error;
use crate::event::{Event, Work};
use crate::fetch::archive_place::ArchivePlace;
use crate::fetch::download::Published;
use crate::fetch::local_blocks::LocalBlocks;
use crate::fetch::report::{FetchTransfer, FetchedImage};
use crate::fetch::segments::{Segment, is_usable, segments};
use crate::fetch::transfer::{Transferred, fetch_parts, fetch_whole};
use crate::fetch::wanted::Wanted;
use crate::ingest::fault_of;
use crate::published::place::PublishedPlace;
use crate::published_layout::BLOCKS_SUFFIX;
use crate::run::Run;
use crate::stored_archive::StoredContent;

/// The largest block index that is read, in bytes. A larger index belongs to an archive of about 20
/// GB or more. It would take too much memory, so such an archive is fetched as a whole.
const LARGEST_INDEX: usize = 24 << 20;

/// The number of times an archive is requested if the received content is wrong.
const TRIES: usize = 3;

/// Fetches an archive, verifies it, and publishes it in the folder.
pub(crate) async fn fetch_archive(
    store: &Store,
    place: &PublishedPlace,
    wanted: &Wanted,
    run: &Run,
) -> Result<FetchedImage, Error> {
    let at = ArchivePlace::beside_config(place, wanted)?;
    let mut fetched = fetch_from(store, &at, wanted, run).await;
    if matches!(fetched, Err(Error::NotPublished { .. }))
        && let Some(other) = ArchivePlace::of_url(place, wanted)
    {
        fetched = fetch_from(store, &other, wanted, run).await;
    }
    let (transfer, staged) = fetched?;
    let digest = staged.proof().identity().config;
    let path = wanted.entry.path.clone();
    let published = run.blocking(move |_| Ok(staged.publish(&path, None)?)).await?;
    let content = StoredContent { digest, size: published.size, sha256: published.sha256 };
    Ok(FetchedImage {
        fetched: !published.was_there,
        transfer: Some(transfer),
        ..FetchedImage::there(store, wanted, content)
    })
}

/// Returns the number of bytes that fetching an archive would request.
pub(crate) async fn plan_archive(
    store: &Store,
    place: &PublishedPlace,
    wanted: &Wanted,
    run: &Run,
) -> Result<u64, Error> {
    let at = ArchivePlace::beside_config(place, wanted)?;
    let Some(index) = block_index(store, &at, wanted, run).await? else {
        return Ok(wanted.entry.size);
    };
    let (store, image) = (store.clone(), wanted.image.clone());
    run.blocking(move |run| {
        let local = LocalBlocks::find(&store, &image, &index, 0, run)?;
        Ok(requested(&segments(&index, 0, |block| local.has(block))))
    })
    .await
}

fn requested(segments: &[Segment]) -> u64 {
    segments.iter().filter(|segment| !segment.is_here).map(Segment::size).sum()
}

/// Fetches an archive into an unfinished file. Starts again if the archive changes during the
/// fetch, or if the part that an earlier fetch left in the folder turns out to be wrong.
async fn fetch_from(
    store: &Store,
    at: &ArchivePlace,
    wanted: &Wanted,
    run: &Run,
) -> Result<(FetchTransfer, Staged), Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (opener, sha256) = (store.clone(), wanted.entry.sha256);
        let unfinished = run.blocking(move |_| Ok(opener.unfinished(sha256)?)).await?;
        let was_continued = unfinished.size() > 0;
        match fetch_once(store, at, wanted, unfinished, run).await {
            Err(Error::Remote(error)) if error.kind() == RemoteKind::Changed && tries == 1 => {}
            Err(Error::Store(StoreError::OtherContent { found, .. })) => {
                if !was_continued || tries == TRIES {
                    return Err(differs(at, wanted, &found));
                }
            }
            fetched => return fetched,
        }
    }
}

fn differs(at: &ArchivePlace, wanted: &Wanted, found: &Digest) -> Error {
    let expected = wanted.entry.sha256.hex();
    let reason = format!("its SHA-256 is {}, not {expected}", found.hex());
    Error::FetchedDiffers { place: at.shown(), reason }
}

async fn fetch_once(
    store: &Store,
    at: &ArchivePlace,
    wanted: &Wanted,
    unfinished: Unfinished,
    run: &Run,
) -> Result<(FetchTransfer, Staged), Error> {
    let label = wanted.tag.to_string();
    let size = wanted.entry.size;
    let Transferred { transfer, unfinished, blocks, examined } =
        match block_index(store, at, wanted, run).await? {
            Some(index) => {
                let plan = plan_parts(store, wanted, index, unfinished, run).await?;
                let (index, local, segments, unfinished) = plan;
                let activity = run.activity(&label, Work::Fetching, Some(requested(&segments)));
                let published = Published::new(&at.remote, &at.key, size, &activity, run);
                fetch_parts(&published, &index, local, segments, unfinished).await?
            }
            None => {
                let unfinished = drop_excess(unfinished, size)?;
                let activity = run.activity(&label, Work::Fetching, Some(size - unfinished.size()));
                let published = Published::new(&at.remote, &at.key, size, &activity, run);
                fetch_whole(&published, unfinished).await?
            }
        };
    let verified = run.blocking(move |run| {
        let is_verified = examined.is_some();
        let activity = (!is_verified).then(|| run.activity(&label, Work::Verifying, Some(size)));
        let on_bytes = |bytes| {
            activity.iter().for_each(|activity| activity.progress(bytes));
            run.go_on()
        };
        let finished = match examined {
            Some(examined) => unfinished.finish_examined(examined, blocks, &on_bytes),
            None => unfinished.finish(blocks, &on_bytes),
        };
        finished.or_else(|error| {
            run.check_cancelled()?;
            Err(error.into())
        })
    });
    match verified.await {
        Ok(staged) => Ok((transfer, staged)),
        Err(error) => Err(match fault_of(error) {
            // The published archive itself is damaged.
            Ok(source) => sealift_archive::Error::Fault { input: at.shown().into(), source }.into(),
            Err(error) => error,
        }),
    }
}

/// Truncates an unfinished archive that is larger than the published one.
fn drop_excess(mut unfinished: Unfinished, size: u64) -> Result<Unfinished, Error> {
    unfinished.truncate(size)?;
    Ok(unfinished)
}

/// Truncates an unfinished archive to its intact blocks, and plans where the rest comes from.
async fn plan_parts(
    store: &Store,
    wanted: &Wanted,
    index: BlockIndex,
    mut unfinished: Unfinished,
    run: &Run,
) -> Result<(BlockIndex, LocalBlocks, Vec<Segment>, Unfinished), Error> {
    let (store, image) = (store.clone(), wanted.image.clone());
    run.blocking(move |run| {
        keep_right(&mut unfinished, &index, run)?;
        unfinished.note_blocks(&index);
        let from = unfinished.size();
        let local = LocalBlocks::find(&store, &image, &index, from, run)?;
        let segments = segments(&index, from, |block| local.has(block));
        Ok((index, local, segments, unfinished))
    })
    .await
}

/// Truncates an unfinished archive after its last intact block. The bytes before the first block
/// have no checksum of their own; they are verified with the complete file.
fn keep_right(unfinished: &mut Unfinished, index: &BlockIndex, run: &Run) -> Result<(), Error> {
    let mut right = 0;
    let mut packed = Vec::new();
    for block in index.blocks().iter() {
        run.check_cancelled()?;
        let end = block.offset + u64::from(block.size);
        packed.resize(block.size as usize, 0);
        let is_right = end <= unfinished.size()
            && unfinished.read_exact_at(&mut packed, block.offset).is_ok()
            && block.checksums.is_some_and(|sums| sums.packed_sha256 == Digest::of(&packed));
        if !is_right {
            break;
        }
        right = end;
    }
    Ok(unfinished.truncate(right)?)
}

/// Returns the block index of a zip, or `None` if there is no usable one.
async fn block_index(
    store: &Store,
    at: &ArchivePlace,
    wanted: &Wanted,
    run: &Run,
) -> Result<Option<BlockIndex>, Error> {
    let entry = &wanted.entry;
    if entry.path.name().format() != ArchiveFormat::Zip {
        return Ok(None);
    }
    let fits = |index: &BlockIndex| {
        index.sha256() == entry.sha256 && index.size() == entry.size && is_usable(index)
    };
    let (reader, sha256) = (store.clone(), entry.sha256);
    let noted = run.blocking(move |_| Ok(reader.noted_blocks(&sha256))).await?;
    if let Some(noted) = noted.filter(fits) {
        return Ok(Some(noted));
    }
    let ignored = |reason: String| {
        run.report(Event::BlocksIgnored { archive: entry.path.clone(), reason });
        Ok(None)
    };
    let text = match request_index(at, run).await {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(None),
        Err(Error::Remote(error)) => match error.kind() {
            // Buckets that cannot be listed answer "denied" for missing objects.
            RemoteKind::Denied => return Ok(None),
            RemoteKind::BadAnswer => return ignored(error.to_string()),
            _ => return Err(error.into()),
        },
        Err(error) => return Err(error),
    };
    match text.parse::<BlockIndex>() {
        Ok(index) if fits(&index) => Ok(Some(index)),
        Ok(_) => ignored("it belongs to another file".to_owned()),
        Err(error) => ignored(error.to_string()),
    }
}

async fn request_index(at: &ArchivePlace, run: &Run) -> Result<Option<String>, Error> {
    let key = at.key.with_suffix(BLOCKS_SUFFIX);
    let request = GetRequest::default();
    let get = async { Ok(at.remote.get(&key, &request).await?) };
    let Get::Found(download) = run.wait_for(get).await? else { return Ok(None) };
    if download.object().size.is_some_and(|size| size > LARGEST_INDEX as u64) {
        return Ok(None);
    }
    let bytes = run.wait_for(async { Ok(download.bytes(LARGEST_INDEX).await?) }).await?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
