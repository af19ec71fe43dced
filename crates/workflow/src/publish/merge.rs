//! The new config of a destination.

use crate::config::image_config::{Config, ImageConfig};
use crate::config::read::PublishedConfig;

/// Returns `true` if the config at a destination states all of this already.
pub(crate) fn is_merged(there: &PublishedConfig, published: &Config) -> bool {
    there.sequence > 0
        && published.iter().all(|(image, entry)| {
            there.images.get(image).is_some_and(|there| without_number(there) == *entry)
        })
}

/// Returns what the config at a destination becomes: entries of other images stay, and every change
/// raises the sequence.
///
/// A signature over the result covers the entries that were there as well: whoever signs has to
/// verify the config that is there before.
pub(crate) fn merged(there: Option<&PublishedConfig>, published: &Config) -> PublishedConfig {
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
