//! The new config of a destination, merged from the existing config and the published archives.

use bytes::Bytes;
use sealift_oci::Digest;

use crate::config::image_config::{Config, ImageConfig};
use crate::config::read::{ParseConfigError, PublishedConfig};
use crate::published::place::ReadConfig;

/// The new config of a destination.
#[derive(Debug, Clone)]
pub(crate) struct NewConfig {
    pub(crate) config: PublishedConfig,
    pub(crate) text: Bytes,
    pub(crate) sha256: Digest,
    /// `false` if the destination already has exactly this config.
    pub(crate) changed: bool,
}

/// Returns the new config of a destination. Its sequence number is higher than that of the existing
/// config and that of the last publication, because readers refuse a lower one.
///
/// # Errors
///
/// Returns an error if the config would be too large.
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

/// Returns `true` if the existing config already contains all published entries.
fn is_merged(there: &PublishedConfig, published: &Config) -> bool {
    there.sequence > 0
        && published.iter().all(|(image, entry)| {
            there.images.get(image).is_some_and(|there| without_number(there) == *entry)
        })
}

/// Merges the published entries into the existing config. Entries of other images are kept, and the
/// sequence number is increased.
///
/// A signature of the result also covers the entries of other images: see
/// [`Signing`](crate::publish::signing::Signing).
fn merged(there: Option<&PublishedConfig>, published: &Config) -> PublishedConfig {
    let mut config = there.cloned().unwrap_or_default();
    config.sequence = config.sequence.saturating_add(1);
    config.images.extend(published.iter().map(|(image, entry)| (image.clone(), entry.clone())));
    config
}

/// Returns an entry without its sequence number, for comparisons of the content.
fn without_number(entry: &ImageConfig) -> ImageConfig {
    let mut entry = entry.clone();
    entry.sequence = None;
    entry
}
