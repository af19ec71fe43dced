//! What clusters read: where each image's latest archive is, and what it is.

pub(crate) mod base_url;
pub(crate) mod published;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealift_catalog::LatestOptions;
use sealift_filename::{
    ArchiveFormat, ArchiveName, ArchivePath, ImageId, Reference, version_to_imagetag,
};
use sealift_oci::{Digest, Platform};
use sealift_store::Store;
use serde::Serialize;
use serde_json::Value;

use crate::config::base_url::BaseUrl;
use crate::config::base_url::encode;
use crate::config::published::published;
use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::select::refuse_several_platforms;

/// Which archives a config is made of, and where they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigOptions {
    /// The URL of the folder; without one, URLs are relative.
    pub base_url: Option<BaseUrl>,
    /// Only these images, and of those with a version, this version; all images if it is empty.
    pub images: Vec<Reference>,
    /// What the latest archive of an image is.
    pub latest: LatestOptions,
    /// A config without any image is not an error.
    pub allow_empty: bool,
}

/// The config of all images, keyed by image.
pub type Config = BTreeMap<String, ImageConfig>;

/// Where one image's latest archive is, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageConfig {
    /// The 12 digits in the archive's name.
    pub id: ImageId,
    /// The bare file name; cluster templates derive the name of a zip's member from it.
    pub image: ArchiveName,
    /// The full `image:tag`.
    pub tag: String,
    /// The archive's format.
    pub archfmt: ArchiveFormat,
    /// Whether the version is a dirty one.
    pub dirty: bool,
    /// Where clusters fetch it, percent-encoded.
    pub url: String,
    /// The archive, relative to the folder.
    pub path: ArchivePath,
    /// The version.
    pub version: String,
    /// The digest of the image's config, as most engines show it as the image's id.
    pub digest: Digest,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file, without the algorithm.
    pub sha256: String,
    /// What the image runs on.
    pub platform: Platform,
}

/// Creates the config of a folder.
///
/// All archives without a record are read before: a config never depends on what happens to be recorded.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// If the folder can't be read, there is no archive of a selected image, the latest archive of an image is
/// damaged, an image is there for several platforms and none is chosen, or no image is left.
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
            version: name.version().to_owned(),
            digest: known.identity.config,
            size: entry.stat.size,
            sha256: known.sha256.hex(),
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

/// Refuses a result that nobody can have meant.
pub(crate) fn refuse_empty(
    is_empty: bool,
    store: &Store,
    options: &ConfigOptions,
) -> Result<(), Error> {
    if is_empty && !options.allow_empty {
        return Err(Error::NothingToPublish {
            folder: store.root().to_owned(),
            what: if options.latest.release { "release" } else { "archive" },
        });
    }
    Ok(())
}

/// One key as `consul kv import` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsulKey {
    /// The whole key.
    pub key: String,
    /// Nothing that Consul looks at.
    pub flags: u64,
    /// The value in base 64.
    pub value: String,
}

/// Writes a config as keys for `consul kv import`: `PREFIX/IMAGE/FIELD`.
///
/// # Errors
///
/// None that a config can cause.
pub fn consul_keys(config: &Config, prefix: &str) -> Result<Vec<ConsulKey>, serde_json::Error> {
    let prefix = prefix.trim_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let mut keys = Vec::new();
    for (image, described) in config {
        let Value::Object(fields) = serde_json::to_value(described)? else { continue };
        for (field, value) in fields {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            keys.push(ConsulKey {
                key: format!("{prefix}{image}/{field}"),
                flags: 0,
                value: STANDARD.encode(text),
            });
        }
    }
    Ok(keys)
}
