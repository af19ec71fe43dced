//! The new config of a destination.

use bytes::Bytes;
use sealift_oci::Digest;

use crate::config::image_config::{Config, ImageConfig};
use crate::config::read::{ParseConfigError, PublishedConfig};
use crate::published::place::ReadConfig;

/// What the config of a destination becomes.
#[derive(Debug, Clone)]
pub(crate) struct NewConfig {
    pub(crate) config: PublishedConfig,
    pub(crate) text: Bytes,
    pub(crate) sha256: Digest,
    /// `false` if it is the one that is there.
    pub(crate) changed: bool,
}

/// Returns what the config of a destination becomes. Its sequence is higher than that of the config
/// there, and than the last one that was published: readers refuse a lower one.
///
/// # Errors
///
/// If it would be too large.
pub(crate) fn new_config(
    there: Option<&ReadConfig>,
    published: &Config,
    last_sequence: u64,
) -> Result<NewConfig, ParseConfigError> {
    if let Some(ReadConfig { config, text, .. }) = there
        && is_merged(config, published)
        && config.sequence >= last_sequence
    {
        let (config, text) = (config.clone(), text.clone());
        return Ok(NewConfig { config, sha256: Digest::of(&text), text, changed: false });
    }
    let mut config = merged(there.map(|there| &there.config), published);
    config.sequence = config.sequence.max(last_sequence.saturating_add(1));
    let text = Bytes::from(config.to_json()?);
    Ok(NewConfig { config, sha256: Digest::of(&text), text, changed: true })
}

/// Returns `true` if the config at a destination states all of this already.
fn is_merged(there: &PublishedConfig, published: &Config) -> bool {
    there.sequence > 0
        && published.iter().all(|(image, entry)| {
            there.images.get(image).is_some_and(|there| without_number(there) == *entry)
        })
}

/// Returns what the config at a destination becomes: entries of other images stay, and every change
/// raises the sequence.
///
/// A signature over the result covers the entries that were there as well: see
/// [`Signing`](crate::publish::signing::Signing).
fn merged(there: Option<&PublishedConfig>, published: &Config) -> PublishedConfig {
    let mut config = there.cloned().unwrap_or_default();
    config.sequence = config.sequence.saturating_add(1);
    config.images.extend(published.iter().map(|(image, entry)| (image.clone(), entry.clone())));
    config
}

/// Returns an entry without the number of its publication, which is no content.
fn without_number(entry: &ImageConfig) -> ImageConfig {
    let mut entry = entry.clone();
    entry.sequence = None;
    entry
}
