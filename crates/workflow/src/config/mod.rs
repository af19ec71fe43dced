//! What clusters read: where each image's latest archive is, and what it is.

pub(crate) mod base_url;
pub(crate) mod consul;
pub(crate) mod image_config;
pub(crate) mod options;
pub(crate) mod published;

use sealift_filename::{Reference, version_to_imagetag};
use sealift_store::Store;

use crate::config::base_url::encode;
use crate::config::image_config::{Config, ImageConfig};
use crate::config::options::ConfigOptions;
use crate::config::published::{published, refuse_empty};
use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::select::refuse_several_platforms;

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
    refuse_two_versions(&options.images)?;
    let mut config = Config::new();
    let entries = published(store, options, run).await?;
    refuse_several_platforms(&entries)?;
    for entry in &entries {
        let name = entry.archive.name();
        let image = entry.archive.repository();
        let image = image.as_ref().map_or(entry.archive.image(), |image| image.as_str());
        let tag = match version_to_imagetag(image, name.version()) {
            Ok(tag) => tag,
            Err(error) => {
                let (archive, reason) = (entry.archive.clone(), error.to_string());
                run.report(Event::LeftOut { archive, reason });
                continue;
            }
        };
        let Some(known) = entry.image() else { continue };
        let path = &entry.archive;
        let described = ImageConfig {
            id: name.id(),
            image: name.clone(),
            tag,
            archfmt: name.format(),
            dirty: name.is_dirty(),
            url: match &options.base_url {
                Some(base) => base.join(path.as_str()),
                None => encode(path.as_str()),
            },
            path: path.clone(),
            version: name.to_version(),
            digest: known.identity.config,
            size: entry.stat.size,
            sha256: known.sha256,
            platform: known.identity.platform.clone(),
        };
        config.insert(image.to_owned(), described);
    }
    refuse_empty(config.is_empty(), store, options)?;
    Ok(config)
}

/// Refuses images that are selected by two versions: a config has one of each.
fn refuse_two_versions(images: &[Reference]) -> Result<(), Error> {
    for (index, one) in images.iter().enumerate() {
        let is_other = |other: &&Reference| other.repository() == one.repository() && *other != one;
        if let Some(other) = images[..index].iter().find(is_other) {
            return Err(Error::TwoVersions { first: other.clone(), second: one.clone() });
        }
    }
    Ok(())
}
