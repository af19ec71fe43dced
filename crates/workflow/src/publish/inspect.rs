//! What the destination has of an archive.

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

/// What the destination has under the name of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The same bytes, as far as can be told without reading them: the config there or the server
    /// states the SHA-256, and the size is the same. `blocks` is `true` unless a block index is
    /// missing beside it.
    Same { blocks: bool },
    /// Nothing.
    Absent,
    /// What an interrupted upload left, or what no longer has the size that the config states.
    Broken,
    /// Something else; why, a sentence without its end.
    Other(String),
}

/// What can be said about an object without reading it.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    Known(Presence),
    /// Nobody states the SHA-256.
    Unknown,
}

/// Finds out what the destination has of an archive. It is read only if nobody states its SHA-256:
/// neither the config there, nor the server, nor the block index beside it.
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
            // The index is written once the archive is there.
            match index.map(|index| (index.size(), index.sha256())) {
                Some(stated) if stated == (archive.entry.size, archive.entry.sha256) => {
                    return Ok(Presence::Same { blocks: true });
                }
                _ => compare(place, store, archive, run).await?,
            }
        }
    };
    Ok(match presence {
        // An index that was lost is uploaded again. Other archives than zips have none.
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

/// Reads an object, and compares it with the archive byte for byte.
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

/// Returns `true` if a file has these bytes at this offset.
fn has_at(file: &File, bytes: &[u8], offset: u64) -> bool {
    let mut own = vec![0; bytes.len()];
    file.read_exact_at(&mut own, offset).is_ok() && own == bytes
}
