//! What clusters read: where each image's latest archive is, and what it is.

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
/// All archives without a record are read before: a config never depends on what happens to be
/// recorded.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Panics
///
/// Outside of a tokio runtime.
///
/// # Errors
///
/// If the folder cannot be read, there is no archive of a selected image, the latest archive of an
/// image is damaged, an image is there for several platforms and none is chosen, or no image is
/// left.
pub async fn config(store: &Store, options: &ConfigOptions, run: &Run) -> Result<Config, Error> {
    let described = described(store, options, run).await?;
    Ok(described.into_iter().map(|described| (described.image, described.entry)).collect())
}
