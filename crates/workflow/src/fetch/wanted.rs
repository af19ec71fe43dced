//! Selection of the images of a config to fetch.

use std::collections::BTreeMap;

use sealift_filename::{Reference, Repository, Version};

use crate::config::image_config::{Config, ImageConfig};
use crate::error::Error;
use crate::fetch::options::FetchOptions;

/// An image to fetch.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) image: Repository,
    pub(crate) version: Version,
    /// The image's name in an engine.
    pub(crate) tag: Reference,
    pub(crate) entry: ImageConfig,
}

/// Returns the images of a config to fetch, sorted by repository.
///
/// # Errors
///
/// Returns an error if the config does not contain a named image or version, or if an image has a
/// name that engines do not support.
pub(crate) fn wanted(
    config: &Config,
    options: &FetchOptions,
    place: &str,
) -> Result<Vec<Wanted>, Error> {
    let mut all = BTreeMap::new();
    for entry in config.values() {
        let wanted = describe(entry)?;
        all.insert(wanted.image.clone(), wanted);
    }
    for image in &options.images {
        let found = all.get(image.repository());
        let is_version = |found: &&Wanted| image.version().is_none_or(|v| *v == found.version);
        if found.filter(is_version).is_none() {
            let there = found.map(|found| vec![found]).unwrap_or_else(|| all.values().collect());
            return Err(Error::NotInConfig {
                image: image.clone(),
                place: place.to_owned(),
                there: there.into_iter().map(|one| one.tag.clone()).collect(),
            });
        }
    }
    let named = |one: &Wanted| options.images.iter().find(|image| *image.repository() == one.image);
    all.retain(|_, one| match named(one) {
        // A dirty version that is named explicitly is fetched even with `release`.
        Some(image) => image.version().is_some() || !(options.release && one.entry.dirty),
        None => options.images.is_empty() && !(options.release && one.entry.dirty),
    });
    Ok(all.into_values().collect())
}

fn describe(entry: &ImageConfig) -> Result<Wanted, Error> {
    let no_repository = || Error::NoRepository {
        archive: entry.path.clone(),
        image: format!("{}:{}", entry.path.image(), entry.version),
    };
    let image = entry.path.repository().ok_or_else(no_repository)?;
    let version = entry.path.name().to_version();
    let tag = Reference::new(image.clone(), Some(version.clone())).map_err(|_| no_repository())?;
    Ok(Wanted { image, version, tag, entry: entry.clone() })
}
