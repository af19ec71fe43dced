//! Writing of the config and its checksums, safely with concurrent publishers.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_remote::{Condition, ErrorKind, Key, Object, PutOptions, Upload};
use sealift_signature::Format;

use crate::config::image_config::Config;
use crate::config::read::PublishedConfig;
use crate::error::Error;
use crate::publish::merge::new_config;
use crate::publish::signing::{Signature, Signing};
use crate::publish::sums::{self, IndexSums};
use crate::publish::upload::{JSON, NO_CACHE, TEXT};
use crate::published::place::{PublishedPlace, ReadConfig, key, key_of};
use crate::published_layout::{BLOCKS_SUFFIX, MAX_BLOCKS_SIZE, MAX_SUMS_SIZE, SUMS_NAME};
use crate::sums_text;
use crate::trust::published::{MAX_SIGNATURE_SIZE, signature_key};

/// The number of concurrent requests for objects.
pub(crate) const ASKED: usize = 16;

/// The number of attempts to write an object that other publishers change.
const ATTEMPTS: u32 = 30;

/// A config that was written.
pub(crate) struct Written {
    pub(crate) config: PublishedConfig,
    pub(crate) sha256: Digest,
    /// The SHA-256 of the previous config.
    pub(crate) before: Option<Digest>,
    pub(crate) changed: bool,
    pub(crate) signature: Option<Signature>,
}

/// Writes the config, merged with the existing entries of other images, unless it is unchanged.
///
/// The write is conditional: if another publisher has changed the config since it was read, the
/// server refuses it, and the config is read and merged again. The signature is written before the
/// config, so readers always find the signature of a config that they see.
pub(crate) async fn write_config(
    place: &PublishedPlace,
    published: &Config,
    signing: &mut Signing<'_>,
) -> Result<Written, Error> {
    let (mut own, mut before, mut changed) = (None, None, false);
    for _ in 0..ATTEMPTS {
        let there = place.read_config().await?;
        let refused = |source| Error::NotAConfig { place: place.shown_config(), source };
        let new = new_config(there.as_ref(), published, signing.last_sequence).map_err(refused)?;
        let signature = signing.sign(there.as_ref(), &new, published).await?;
        signing.write().await?;
        let (config, sha256) = (new.config, new.sha256);
        if !new.changed {
            // An earlier write may have succeeded although its answer was lost.
            changed |= own == Some(sha256);
            return Ok(Written { config, sha256, before, changed, signature });
        }
        before = there.as_ref().map(ReadConfig::sha256);
        own = Some(sha256);
        let condition = condition(there.as_ref().map(|there| &there.object));
        let options = options(JSON).with_condition(condition);
        match place.remote().put(place.config(), Upload::Bytes(new.text), &options).await {
            // A web server may ignore the condition, and another publisher may overwrite this
            // config. It is read back in the next iteration.
            Ok(_) if place.remote().location().is_web() => changed = true,
            Ok(_) => return Ok(Written { config, sha256, before, changed: true, signature }),
            Err(error) if error.kind() == ErrorKind::Changed => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Contended { place: place.shown_config(), attempts: ATTEMPTS })
}

/// Writes the checksums of the config. Stops if another publisher has written another config,
/// because that publisher also writes its checksums.
///
/// The existing checksums are read before the config. If another publisher writes both in between,
/// the conditional write fails.
pub(crate) async fn write_sums(
    place: &PublishedPlace,
    written: &Written,
    index_sums: impl Future<Output = Result<IndexSums, Error>>,
) -> Result<(), Error> {
    if let Some(signature) = &written.signature {
        return write_signed_sums(place, written, signature).await;
    }
    let sums_key = key(SUMS_NAME);
    let config_name = place.config().as_str();
    let mut before = place.read_text(&sums_key, MAX_SUMS_SIZE).await?;
    if let Some((text, _)) = before.as_ref().filter(|_| !written.changed)
        && sums_text::parse(text).get(config_name) == Some(&written.sha256)
    {
        return Ok(());
    }
    let mut indexes = index_sums.await?;
    for _ in 0..ATTEMPTS {
        if !is_current(place, written).await? {
            return Ok(());
        }
        let text = before.as_ref().map_or("", |(text, _)| text.as_str());
        let images = &written.config.images;
        let unknown = sums::unknown(images, &indexes, text);
        indexes.extend(read_indexes(place, unknown).await?);
        let new = sums::text(config_name, &written.sha256, images, &indexes, text);
        if replace(place, &sums_key, before.as_ref(), &new).await? {
            return Ok(());
        }
        before = place.read_text(&sums_key, MAX_SUMS_SIZE).await?;
    }
    Err(contended(place, &sums_key))
}

/// Reads the block indexes of other publishers and returns their SHA-256.
async fn read_indexes(
    place: &PublishedPlace,
    archives: Vec<ArchivePath>,
) -> Result<IndexSums, Error> {
    let read = |archive: ArchivePath| async move {
        let Some(index) = key_of(&archive).map(|key| key.with_suffix(BLOCKS_SUFFIX)) else {
            return Ok((archive, None));
        };
        let index = place.read_text(&index, MAX_BLOCKS_SIZE).await?;
        Ok((archive, index.map(|(text, _)| Digest::of(text.as_bytes()))))
    };
    stream::iter(archives).map(read).buffered(ASKED).try_collect().await
}

/// Writes the signed checksums and their signature under the well-known names.
async fn write_signed_sums(
    place: &PublishedPlace,
    written: &Written,
    signature: &Signature,
) -> Result<(), Error> {
    let sums_key = key(SUMS_NAME);
    let signature_key = signature_key(&sums_key, signature.format);
    for _ in 0..ATTEMPTS {
        let sums = place.read_text(&sums_key, MAX_SUMS_SIZE).await?;
        let before = place.read_text(&signature_key, MAX_SIGNATURE_SIZE).await?;
        let signed = &signature.signed;
        if !is_current(place, written).await?
            || replace(place, &sums_key, sums.as_ref(), &signed.sums).await?
                && replace(place, &signature_key, before.as_ref(), &signed.signature).await?
        {
            return Ok(());
        }
    }
    Err(contended(place, &sums_key))
}

/// Removes the signatures of checksums that are no longer signed.
pub(crate) async fn remove_signatures(place: &PublishedPlace) -> Result<(), Error> {
    for format in Format::ALL {
        place.remote().remove(&signature_key(&key(SUMS_NAME), format)).await?;
    }
    Ok(())
}

async fn is_current(place: &PublishedPlace, written: &Written) -> Result<bool, Error> {
    let now = place.read_config().await?;
    Ok(now.is_some_and(|now| now.sha256() == written.sha256))
}

/// Replaces a text unless it is equal. Returns `false` if the object has changed since it was read.
async fn replace(
    place: &PublishedPlace,
    key: &Key,
    read: Option<&(String, Object)>,
    new: &str,
) -> Result<bool, Error> {
    if read.is_some_and(|(text, _)| text == new) {
        return Ok(true);
    }
    let options = options(TEXT).with_condition(condition(read.map(|(_, object)| object)));
    match place.remote().put(key, new.into(), &options).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Changed => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn contended(place: &PublishedPlace, key: &Key) -> Error {
    Error::Contended { place: place.remote().location().shown(key), attempts: ATTEMPTS }
}

fn options(content_type: &'static str) -> PutOptions<'static> {
    PutOptions::default().with_content_type(content_type).with_cache_control(NO_CACHE)
}

/// Returns the condition that an object is unchanged since it was read.
fn condition(read: Option<&Object>) -> Condition {
    match read.map(|object| &object.etag) {
        None => Condition::Absent,
        Some(Some(etag)) => Condition::Matches(etag.clone()),
        Some(None) => Condition::Always,
    }
}
