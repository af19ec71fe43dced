//! What clusters read: where each image's latest archive is, and what it is.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sealift_archive::{Digest, Platform};
use sealift_filename::{ArchiveFormat, ArchiveName, ImageId, version_to_imagetag};
use sealift_store::{Entry, LatestOptions, Store};
use serde::Serialize;
use serde_json::Value;

use crate::choose::{latest, refuse_damaged};
use crate::{Context, Error, Event};

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
    /// Where clusters fetch it.
    pub url: String,
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

/// Makes the config of a folder.
///
/// All archives without a record are read before: a config never depends on what happens to be recorded.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// Where the folder can't be read, the latest archive of an image is damaged, or an image is there for
/// several platforms and none is chosen.
pub async fn config(
    store: &Store,
    base_url: &str,
    options: &LatestOptions,
    context: &Context,
) -> Result<Config, Error> {
    let mut config = Config::new();
    for entry in &latest(store, options, context).await? {
        refuse_damaged(store, entry)?;
        let name = entry.archive.name();
        let image = entry.archive.repository();
        let image = image.as_ref().map_or(entry.archive.image(), |image| image.as_str());
        let tag = match version_to_imagetag(image, name.version()) {
            Ok(tag) => tag,
            Err(error) => {
                let (archive, reason) = (entry.archive.clone(), error.to_string());
                context.report(Event::LeftOut { archive, reason });
                continue;
            }
        };
        let Some(known) = entry.image() else { continue };
        let described = ImageConfig {
            id: name.id(),
            image: name.clone(),
            tag,
            archfmt: name.format(),
            dirty: name.is_dirty(),
            url: url(base_url, entry),
            version: name.version().to_owned(),
            digest: known.identity.config,
            size: entry.stat.size,
            sha256: known.sha256.hex(),
            platform: known.identity.platform.clone(),
        };
        if let Some(other) = config.insert(image.to_owned(), described) {
            let (first, second) = (other.platform, known.identity.platform.clone());
            return Err(Error::Usage {
                message: format!(
                    "`{image}` is there for several platforms, {first} and {second}; choose one with --platform"
                ),
            });
        }
    }
    Ok(config)
}

/// What a path in a URL can't hold as it is (RFC 3986, `pchar` and `/`). A `+` stays: in a path it is
/// itself.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Joins base and path by exactly one slash.
fn url(base_url: &str, entry: &Entry) -> String {
    let path = utf8_percent_encode(entry.archive.as_str(), NOT_IN_PATH);
    match base_url {
        "" => path.to_string(),
        base => format!("{}/{path}", base.trim_end_matches('/')),
    }
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
