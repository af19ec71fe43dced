//! The config and its checksums, written so that several publishers lose nothing.

use sealift_oci::Digest;
use sealift_remote::{Condition, ErrorKind, Object, PutOptions};

use crate::config::image_config::Config;
use crate::config::read::PublishedConfig;
use crate::error::Error;
use crate::publish::merge::{is_merged, merged};
use crate::publish::sums::{self, IndexSums};
use crate::publish::upload::{JSON, NO_CACHE, TEXT};
use crate::published::place::{PublishedPlace, ReadConfig, key};
use crate::published_layout::{MAX_SUMS_SIZE, SUMS_NAME};
use crate::sums_text;

/// How often something is written anew because another publisher was faster.
const ATTEMPTS: u32 = 30;

/// The config after it was written.
pub(crate) struct Written {
    pub(crate) config: PublishedConfig,
    pub(crate) sha256: Digest,
    /// The SHA-256 of the config before it.
    pub(crate) before: Option<Digest>,
    pub(crate) changed: bool,
}

/// Writes the config, with the entries of other images that are there, unless it states the same
/// already. If another publisher changes it meanwhile, it is read and merged again.
pub(crate) async fn write_config(
    place: &PublishedPlace,
    published: &Config,
) -> Result<Written, Error> {
    let (mut own, mut before, mut changed) = (None, None, false);
    for _ in 0..ATTEMPTS {
        let there = place.read_config().await?;
        if let Some(there) = there.as_ref().filter(|there| is_merged(&there.config, published)) {
            let sha256 = there.sha256();
            // The server may have written it although its answer was lost.
            changed |= own == Some(sha256);
            return Ok(Written { config: there.config.clone(), sha256, before, changed });
        }
        let config = merged(there.as_ref().map(|there| &there.config), published);
        let refused = |source| Error::NotAConfig { place: place.shown_config(), source };
        let json = config.to_json().map_err(refused)?;
        let sha256 = Digest::of(&json);
        before = there.as_ref().map(ReadConfig::sha256);
        own = Some(sha256);
        let condition = condition(there.as_ref().map(|there| &there.object));
        // A signature is written here: readers find it as soon as they see the config.
        let options = options(JSON).with_condition(condition);
        match place.remote().put(place.config(), json.into(), &options).await {
            // A web server may ignore conditions, and take the config of another publisher in place
            // of this one: it is read back.
            Ok(_) if place.remote().location().is_web() => changed = true,
            Ok(_) => return Ok(Written { config, sha256, before, changed: true }),
            Err(error) if error.kind() == ErrorKind::Changed => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Contended { place: place.shown_config(), attempts: ATTEMPTS })
}

/// Writes the checksums that belong to the config, unless another publisher has written another
/// config: then it writes the checksums as well.
///
/// They are read before the config is, so that the condition fails if another publisher has
/// written a config and its checksums in between.
pub(crate) async fn write_sums(
    place: &PublishedPlace,
    written: &Written,
    index_sums: impl Future<Output = Result<IndexSums, Error>>,
) -> Result<(), Error> {
    let sums_key = key(SUMS_NAME);
    let config_name = place.config().as_str();
    let mut before = place.read_text(&sums_key, MAX_SUMS_SIZE).await?;
    if let Some((text, _)) = before.as_ref().filter(|_| !written.changed)
        && sums_text::parse(text).get(config_name) == Some(&written.sha256)
    {
        return Ok(());
    }
    let indexes = index_sums.await?;
    for _ in 0..ATTEMPTS {
        let now = place.read_config().await?;
        if now.is_none_or(|now| now.sha256() != written.sha256) {
            return Ok(());
        }
        let text = before.as_ref().map_or("", |(text, _)| text.as_str());
        let images = &written.config.images;
        let new = sums::text(config_name, &written.sha256, images, &indexes, text);
        if new == text {
            return Ok(());
        }
        let condition = condition(before.as_ref().map(|(_, object)| object));
        let options = options(TEXT).with_condition(condition);
        match place.remote().put(&sums_key, new.as_str().into(), &options).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Changed => {}
            Err(error) => return Err(error.into()),
        }
        before = place.read_text(&sums_key, MAX_SUMS_SIZE).await?;
    }
    let place = place.remote().location().shown(&sums_key);
    Err(Error::Contended { place, attempts: ATTEMPTS })
}

fn options(content_type: &'static str) -> PutOptions<'static> {
    PutOptions::default().with_content_type(content_type).with_cache_control(NO_CACHE)
}

/// Returns the condition under which an object is still the one that was read.
fn condition(read: Option<&Object>) -> Condition {
    match read.map(|object| &object.etag) {
        None => Condition::Absent,
        Some(Some(etag)) => Condition::Matches(etag.clone()),
        Some(None) => Condition::Always,
    }
}
