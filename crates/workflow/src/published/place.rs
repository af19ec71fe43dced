//! A place that archives are published to, and the config in it.

use bytes::Bytes;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_remote::{Get, GetRequest, Key, Location, Object, Remote};

use crate::config::read::{MAX_CONFIG_SIZE, ParseConfigError, PublishedConfig};
use crate::error::Error;
use crate::published_layout::CONFIG_NAME;

/// A place that archives are published to: a bucket, a web server or a folder, and the name of the
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

/// A config, as it was read.
#[derive(Debug, Clone)]
pub(crate) struct ReadConfig {
    pub(crate) config: PublishedConfig,
    /// The config's text.
    pub(crate) text: Bytes,
    pub(crate) object: Object,
}

impl ReadConfig {
    /// Returns the SHA-256 of the text.
    pub(crate) fn sha256(&self) -> Digest {
        Digest::of(&self.text)
    }
}

impl PublishedPlace {
    /// Creates a place whose config has this name.
    pub fn new(remote: Remote, config: Key) -> Self {
        Self { remote, config }
    }

    /// Returns the place and the name of the config that a location means: a config if its path
    /// ends with `.json`, otherwise the place of an `images.json`.
    pub fn split(location: &Location) -> (Location, Key) {
        location.split_document(&key(CONFIG_NAME))
    }

    /// Returns what objects are read from and written to.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Returns the name of the config.
    pub fn config(&self) -> &Key {
        &self.config
    }

    /// Returns the location of the config as people may read it.
    pub fn shown_config(&self) -> String {
        self.remote.location().shown(&self.config)
    }

    /// Reads the config, if there is one.
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
    /// If there is none.
    pub(crate) async fn read_existing_config(&self) -> Result<ReadConfig, Error> {
        let found = self.read_config().await?;
        found.ok_or_else(|| Error::NoConfig { place: self.shown_config() })
    }

    /// Reads a text of at most `limit` bytes, if there is one.
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
        // What is no text is no line or index either.
        Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), object)))
    }
}

/// Returns the key of a name of the layout.
#[expect(clippy::expect_used, reason = "the names of the layout are all keys")]
pub(crate) fn key(name: &str) -> Key {
    name.parse().expect("a name of the layout is a key")
}

/// Returns the key of an archive, or `None` if its name cannot be one.
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
