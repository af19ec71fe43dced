//! Description of a folder's archives as entries of a config.

use sealift_catalog::Entry;
#[cfg(feature = "remote")]
use sealift_catalog::Stat;
use sealift_filename::{Reference, version_to_imagetag};
use sealift_store::Store;
use serde_json::Map;

use crate::config::base_url::encode;
use crate::config::image_config::ImageConfig;
use crate::config::options::ConfigOptions;
use crate::config::published::{published, refuse_empty};
use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::select::refuse_several_platforms;

/// An archive as an entry of a config.
pub(crate) struct Described {
    /// The key of the entry: the image's name.
    pub(crate) image: String,
    pub(crate) entry: ImageConfig,
    /// Size and times of the file.
    #[cfg(feature = "remote")]
    pub(crate) stat: Stat,
}

/// Selects archives and describes them. Archives without a valid tag are reported and left out.
///
/// # Errors
///
/// Returns the errors of [`config`](crate::config()).
pub(crate) async fn described(
    store: &Store,
    options: &ConfigOptions,
    run: &Run,
) -> Result<Vec<Described>, Error> {
    refuse_two_versions(&options.images)?;
    let entries = published(store, options, run).await?;
    refuse_several_platforms(&entries)?;
    let mut all = Vec::new();
    for entry in entries {
        match describe(&entry, options) {
            Ok(described) => all.extend(described),
            Err(reason) => run.report(Event::LeftOut { archive: entry.archive, reason }),
        }
    }
    refuse_empty(all.is_empty(), store, options)?;
    Ok(all)
}

/// Describes an archive, or returns `None` if it is not known to contain an image. The error is the
/// reason why the archive has no valid tag.
pub(crate) fn describe(
    entry: &Entry,
    options: &ConfigOptions,
) -> Result<Option<Described>, String> {
    let path = &entry.archive;
    let name = path.name();
    let image = path.repository();
    let image = image.as_ref().map_or(path.image(), |image| image.as_str());
    let tag = version_to_imagetag(image, name.version()).map_err(|error| error.to_string())?;
    let Some(known) = entry.image() else { return Ok(None) };
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
        sequence: None,
        other: Map::new(),
    };
    Ok(Some(Described {
        image: image.to_owned(),
        entry: described,
        #[cfg(feature = "remote")]
        stat: entry.stat,
    }))
}

/// Refuses a selection with two versions of one image, because a config has one entry for each.
fn refuse_two_versions(images: &[Reference]) -> Result<(), Error> {
    for (index, one) in images.iter().enumerate() {
        let is_other = |other: &&Reference| other.repository() == one.repository() && *other != one;
        if let Some(other) = images[..index].iter().find(is_other) {
            return Err(Error::TwoVersions { first: other.clone(), second: one.clone() });
        }
    }
    Ok(())
}
