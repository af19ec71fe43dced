//! A place to publish to and fetch from, with its config.

use bytes::Bytes;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_remote::{Get, GetRequest, Key, Location, Object, Remote};

use crate::config::read::{MAX_CONFIG_SIZE, ParseConfigError, PublishedConfig};
use crate::error::Error;
use crate::published_layout::CONFIG_NAME;

/// A place to publish to and fetch from: a bucket, a web server or a folder, with the name of the
/// config in it. Clones share connections.
///
/// ```
/// use sealift_workflow::PublishedPlace;
/// use sealift_workflow::remote::{Location, Remote};
///
/// let location: Location = "/srv/images/edge.json".parse()?;
/// let (location, config) = PublishedPlace::split(&location);
/// let place = PublishedPlace::new(Remote::open(&location)?, config);
/// assert_eq!(place.shown_config(), "/srv/images/edge.json");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PublishedPlace {
    remote: Remote,
    config: Key,
}

/// A config that was read from a place.
#[derive(Debug, Clone)]
pub(crate) struct ReadConfig {
    pub(crate) config: PublishedConfig,
    /// The bytes of the config.
    pub(crate) text: Bytes,
    pub(crate) object: Object,
}

impl ReadConfig {
    /// Returns the SHA-256 of the config's bytes.
    pub(crate) fn sha256(&self) -> Digest {
        Digest::of(&self.text)
    }
}

impl PublishedPlace {
    /// Creates a place with a config of the given name.
    pub fn new(remote: Remote, config: Key) -> Self {
        Self { remote, config }
    }

    /// Splits a location into a place and the name of its config. If the path ends with `.json`, it
    /// is the config's; otherwise the name is `images.json`.
    pub fn split(location: &Location) -> (Location, Key) {
        location.split_document(&key(CONFIG_NAME))
    }

    /// Returns the remote with the objects of the place.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Returns the name of the config.
    pub fn config(&self) -> &Key {
        &self.config
    }

    /// Returns the location of the config for messages, without secrets.
    pub fn shown_config(&self) -> String {
        self.remote.location().shown(&self.config)
    }

    /// Reads the config. Returns `None` if it is missing.
    pub(crate) async fn read_config(&self) -> Result<Option<ReadConfig>, Error> {
        let request = GetRequest::default();
        let Get::Found(download) = self.remote.get(&self.config, &request).await? else {
            return Ok(None);
        };
        let refused = |source| Error::NotAConfig { place: self.shown_config(), source };
        let object = download.object().clone();
        if object.size.is_some_and(|size| size > MAX_CONFIG_SIZE as u64) {
            return Err(refused(ParseConfigError::TooLarge));
        }
        let text = download.bytes(MAX_CONFIG_SIZE).await?;
        let config = PublishedConfig::parse(&text).map_err(refused)?;
        Ok(Some(ReadConfig { config, text, object }))
    }

    /// Reads the config.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no config.
    pub(crate) async fn read_existing_config(&self) -> Result<ReadConfig, Error> {
        let found = self.read_config().await?;
        found.ok_or_else(|| Error::NoConfig { place: self.shown_config() })
    }

    /// Reads a text of at most `limit` bytes. Returns `None` if there is no such object.
    pub(crate) async fn read_text(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(String, Object)>, Error> {
        let Get::Found(download) = self.remote.get(key, &GetRequest::default()).await? else {
            return Ok(None);
        };
        let object = download.object().clone();
        let bytes = download.bytes(limit).await?;
        // Invalid UTF-8 is replaced. The result is then not a valid checksum line or index.
        Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), object)))
    }
}

/// Returns the key of an object with a well-known name.
#[expect(clippy::expect_used, reason = "the names of the layout are all keys")]
pub(crate) fn key(name: &str) -> Key {
    name.parse().expect("a name of the layout is a key")
}

/// Returns the key of an archive, or `None` if its path is not valid as a key.
pub(crate) fn key_of(archive: &ArchivePath) -> Option<Key> {
    archive.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published_layout::{SUMS_NAME, signed_sums_name};

    #[test]
    fn the_names_of_the_layout_are_keys() {
        for name in [CONFIG_NAME, SUMS_NAME, &signed_sums_name(&Digest::of(b""))] {
            assert_eq!(key(name).as_str(), name);
        }
    }
}
