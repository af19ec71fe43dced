//! Uploads of archives and their block indexes.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use futures_util::future::try_join;
use sealift_archive::hash;
use sealift_filename::ArchiveFormat;
use sealift_oci::Digest;
use sealift_remote::{PutOptions, Upload};
use sealift_store::Store;

use crate::error::Error;
use crate::event::Work;
use crate::publish::local::{LocalArchive, activity};
use crate::published::place::PublishedPlace;
use crate::published_layout::BLOCKS_SUFFIX;
use crate::run::Run;

/// The caching policy of objects that never change under their name.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// The caching policy of objects that readers must revalidate each time.
pub(crate) const NO_CACHE: &str = "no-cache";

pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
pub(crate) const JSON: &str = "application/json";

/// Uploads an archive. If its bytes are not those that were verified, the object is removed again.
pub(crate) async fn upload_archive(
    place: &PublishedPlace,
    store: &Store,
    archive: &LocalArchive,
    run: &Run,
) -> Result<(), Error> {
    let LocalArchive { entry, key, .. } = archive;
    let activity = activity(archive, Work::Uploading, run);
    let on_bytes = |bytes| activity.progress(bytes);
    let file = archive.open(store)?;
    let name = store.path_of(&entry.path);
    let (hashed, watched) = (copy_of(&file, &name)?, copy_of(&file, &name)?);
    let times = times(&file);
    // The file is hashed again during the upload, because another program can write to it.
    let sha256 = run.blocking(move |run| Ok(hash(hashed, name, |_| run.go_on())?));
    let options = PutOptions::default()
        .with_content_type(content_type(&entry.archfmt))
        .with_cache_control(IMMUTABLE)
        .with_sha256(entry.sha256)
        .with_on_bytes(&on_bytes);
    let upload = Upload::File { file, size: entry.size };
    let put = async { Ok::<_, Error>(place.remote().put(key, upload, &options).await?) };
    let (sha256, object) = try_join(sha256, put).await?;
    let size = match object.size {
        Some(size) => Some(size),
        None => place.remote().head(key).await?.and_then(|object| object.size),
    };
    let is_changed = sha256 != entry.sha256 || times != self::times(&watched);
    if is_changed || size.is_some_and(|size| size != entry.size) {
        // The object is usually not in a config yet. If it replaced one, its entry is broken until
        // the next publication.
        place.remote().remove(key).await?;
        return Err(match is_changed {
            true => Error::ArchiveChanged { archive: entry.path.clone() },
            false => Error::UploadDiffers { object: place.remote().location().shown(key) },
        });
    }
    Ok(())
}

fn copy_of(file: &File, path: &Path) -> Result<File, Error> {
    let failed =
        |source| sealift_archive::Error::Io { operation: "open", input: path.into(), source };
    Ok(file.try_clone().map_err(failed)?)
}

/// Returns the size and modification time of a file, to detect writes.
fn times(file: &File) -> Option<(i64, i64, u64)> {
    let metadata = file.metadata().ok()?;
    Some((metadata.mtime(), metadata.mtime_nsec(), metadata.size()))
}

/// Uploads the block index of an archive.
pub(crate) async fn upload_blocks(
    place: &PublishedPlace,
    archive: &LocalArchive,
    blocks: String,
) -> Result<(), Error> {
    let key = archive.key.with_suffix(BLOCKS_SUFFIX);
    let options = PutOptions::default()
        .with_content_type(TEXT)
        .with_cache_control(IMMUTABLE)
        .with_sha256(Digest::of(blocks.as_bytes()));
    place.remote().put(&key, blocks.into_bytes().into(), &options).await?;
    Ok(())
}

fn content_type(format: &ArchiveFormat) -> &'static str {
    match format {
        ArchiveFormat::Zip => "application/zip",
        ArchiveFormat::Docker => "application/x-tar",
        _ => "application/octet-stream",
    }
}
