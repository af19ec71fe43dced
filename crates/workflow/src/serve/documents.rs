//! The config and the checksums of a served folder.

use sealift_catalog::{Entry, LatestOptions, latest};
use sealift_oci::Digest;
use sealift_serve::Documents;

use crate::config::describe::describe;
use crate::config::image_config::Config;
use crate::config::options::ConfigOptions;
use crate::published_layout::CONFIG_NAME;
use crate::select::refuse_several_platforms;
use crate::sums_text;

/// Creates the config of the latest archives, as `sealift config` does, and the checksums of the
/// config and its archives. Archives without a valid tag are left out.
///
/// # Errors
///
/// Returns an error if an image has archives for several platforms, because a config has one
/// archive of each image.
pub(crate) fn documents(entries: &[Entry], base_url: &str) -> Result<Documents, String> {
    let latest: Vec<Entry> =
        latest(entries, &LatestOptions::default()).into_iter().cloned().collect();
    refuse_several_platforms(&latest).map_err(|error| error.to_string())?;
    let options = ConfigOptions::default().with_base_url(base_url.parse().ok());
    let described = latest.iter().filter_map(|entry| describe(entry, &options).ok().flatten());
    let config: Config = described.map(|described| (described.image, described.entry)).collect();
    let text = serde_json::to_string_pretty(&config).map_err(|error| error.to_string())? + "\n";
    let mut sums = sums_text::line(CONFIG_NAME, &Digest::of(text.as_bytes())) + "\n";
    for entry in config.values() {
        sums += &(sums_text::line(entry.path.as_str(), &entry.sha256) + "\n");
    }
    Ok(Documents::new(text.into_bytes(), sums.into_bytes()))
}
