//! Comparison of an archive with the object of the same name at the destination.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use sealift_archive::BlockIndex;
use sealift_filename::ArchiveFormat;
use sealift_oci::Digest;
use sealift_remote::{Get, GetRequest, Object};
use sealift_store::Store;

use crate::config::image_config::ImageConfig;
use crate::error::Error;
use crate::event::Work;
use crate::publish::local::{LocalArchive, activity};
use crate::published::place::PublishedPlace;
use crate::published_layout::{BLOCKS_SUFFIX, MAX_BLOCKS_SIZE};
use crate::run::Run;

/// The state of an archive at the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The destination has the same bytes: the size and the SHA-256 are equal, according to the
    /// config or the server, or the content was compared. `blocks` is `false` if its block index is
    /// missing.
    Same { blocks: bool },
    /// The destination has no such object.
    Absent,
    /// The object is incomplete after an interrupted upload, or has a different size than the
    /// config states.
    Broken,
    /// The object has other content. Contains the reason, a clause.
    Other(String),
}

/// The state of an object, as far as it is known without reading it.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    Known(Presence),
    /// Neither the config nor the server states the SHA-256.
    Unknown,
}

/// Returns the state of an archive at the destination. The object is read only if its SHA-256 is
/// not known from the config there, from the server, or from the block index next to it.
pub(crate) async fn inspect(
    place: &PublishedPlace,
    store: &Store,
    archive: &LocalArchive,
    named: Option<&ImageConfig>,
    run: &Run,
) -> Result<Presence, Error> {
    let Some(object) = place.remote().head(&archive.key).await? else {
        return Ok(Presence::Absent);
    };
    let named = named.filter(|named| named.path == *archive.path());
    let presence = match claim(&archive.entry, &object, named) {
        Claim::Known(presence) => presence,
        Claim::Unknown => {
            let index_key = archive.key.with_suffix(BLOCKS_SUFFIX);
            let index = place.read_text(&index_key, MAX_BLOCKS_SIZE).await?;
            let index = index.and_then(|(text, _)| text.parse::<BlockIndex>().ok());
            // The index is uploaded after the archive, so it is a proof that the upload was
            // complete.
            match index.map(|index| (index.size(), index.sha256())) {
                Some(stated) if stated == (archive.entry.size, archive.entry.sha256) => {
                    return Ok(Presence::Same { blocks: true });
                }
                _ => compare(place, store, archive, run).await?,
            }
        }
    };
    Ok(match presence {
        // A missing block index is uploaded again. Only zips have one.
        Presence::Same { .. } if archive.path().name().format() == ArchiveFormat::Zip => {
            let index_key = archive.key.with_suffix(BLOCKS_SUFFIX);
            Presence::Same { blocks: place.remote().head(&index_key).await?.is_some() }
        }
        other => other,
    })
}

fn claim(entry: &ImageConfig, object: &Object, named: Option<&ImageConfig>) -> Claim {
    let is_named = named.is_some_and(|named| named.sha256 == entry.sha256);
    if let Some(size) = object.size.filter(|size| *size != entry.size) {
        return match size < entry.size && object.sha256.is_none() {
            _ if is_named => Claim::Known(Presence::Broken),
            true => Claim::Unknown,
            false => {
                let reason = format!("it has {size} bytes there, and {} here", entry.size);
                Claim::Known(Presence::Other(reason))
            }
        };
    }
    match object.sha256.or(named.map(|named| named.sha256)) {
        Some(sha256) if sha256 == entry.sha256 => Claim::Known(Presence::Same { blocks: true }),
        Some(sha256) => Claim::Known(Presence::Other(other_sha256(entry, sha256))),
        None => Claim::Unknown,
    }
}

fn other_sha256(entry: &ImageConfig, there: Digest) -> String {
    let (there, here) = (there.hex(), entry.sha256.hex());
    format!("its SHA-256 is {}… there, and {}… here", &there[..12], &here[..12])
}

/// Reads an object and compares it byte by byte with the archive.
async fn compare(
    place: &PublishedPlace,
    store: &Store,
    archive: &LocalArchive,
    run: &Run,
) -> Result<Presence, Error> {
    let activity = activity(archive, Work::Verifying, run);
    let Get::Found(mut download) = place.remote().get(&archive.key, &GetRequest::default()).await?
    else {
        return Ok(Presence::Absent);
    };
    let file = archive.open(store)?;
    let mut offset = 0;
    while let Some(chunk) = download.chunk().await? {
        if !has_at(&file, &chunk, offset) {
            return Ok(Presence::Other(format!("it differs after {offset} bytes")));
        }
        offset += chunk.len() as u64;
        activity.progress(chunk.len() as u64);
    }
    Ok(match offset == archive.entry.size {
        true => Presence::Same { blocks: true },
        false => Presence::Broken,
    })
}

/// Returns `true` if a file has the given bytes at an offset.
fn has_at(file: &File, bytes: &[u8], offset: u64) -> bool {
    let mut own = vec![0; bytes.len()];
    file.read_exact_at(&mut own, offset).is_ok() && own == bytes
}
