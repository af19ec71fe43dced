//! The config that clusters read: the location and description of each image's latest archive.

pub(crate) mod base_url;
pub(crate) mod consul;
pub(crate) mod describe;
pub(crate) mod image_config;
pub(crate) mod options;
pub(crate) mod published;
pub(crate) mod read;

use sealift_store::Store;

use crate::config::describe::described;
use crate::config::image_config::Config;
use crate::config::options::ConfigOptions;
use crate::error::Error;
use crate::run::Run;

/// Creates the config of a folder.
///
/// All archives without a record are read first, so the result does not depend on which records
/// exist.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns an error if the folder cannot be read, a selected image has no archive, the latest
/// archive of an image is damaged, an image has archives for several platforms and none is chosen,
/// or no image is left.
pub async fn config(store: &Store, options: &ConfigOptions, run: &Run) -> Result<Config, Error> {
    let described = described(store, options, run).await?;
    Ok(described.into_iter().map(|described| (described.image, described.entry)).collect())
}
