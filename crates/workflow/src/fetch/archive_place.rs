//! The location of a published archive.

use percent_encoding::percent_decode_str;
use sealift_remote::{Key, Location, Remote};

use crate::error::Error;
use crate::fetch::wanted::Wanted;
use crate::published::place::PublishedPlace;

/// The location of a published archive: a remote, and a key in it.
pub(crate) struct ArchivePlace {
    pub(crate) remote: Remote,
    pub(crate) key: Key,
}

impl ArchivePlace {
    /// Returns the location that the path of an entry stands for. Paths are relative to the config.
    pub(crate) fn beside_config(place: &PublishedPlace, wanted: &Wanted) -> Result<Self, Error> {
        let path = wanted.entry.path.as_str();
        let key = path.parse().map_err(|_| Error::NotPublished {
            place: format!("{}/{path}", place.remote().location()),
        })?;
        Ok(Self { remote: place.remote().clone(), key })
    }

    /// Returns the location that the URL of an entry stands for, if it is on a web server. It is
    /// read without the credentials of the config's place. If the config was read with TLS, a URL
    /// without TLS is ignored.
    pub(crate) fn of_url(place: &PublishedPlace, wanted: &Wanted) -> Option<Self> {
        let (folder, key) = split_url(&wanted.entry.url)?;
        let needs_tls = place.remote().location().to_string().starts_with("https:");
        if needs_tls && !folder.to_string().starts_with("https:") {
            return None;
        }
        Some(Self { remote: Remote::open(&folder).ok()?, key })
    }

    /// Returns the location as text for messages, without secrets.
    pub(crate) fn shown(&self) -> String {
        self.remote.location().shown(&self.key)
    }
}

/// Splits the URL of an archive on a web server into a folder and a file name. Returns `None` for
/// URLs with credentials, a query or a fragment.
fn split_url(url: &str) -> Option<(Location, Key)> {
    let (folder, name) = url.rsplit_once('/')?;
    let folder: Location = folder.parse().ok().filter(Location::is_web)?;
    let name = percent_decode_str(name).decode_utf8().ok()?;
    let has_rest = url.contains(['?', '#', '@']);
    Some((folder, name.parse().ok()?)).filter(|_| !has_rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_files_on_web_servers_are_followed() {
        let split = |url: &str| {
            let (folder, key) = split_url(url)?;
            Some((folder.to_string(), key.to_string()))
        };
        assert_eq!(
            split("https://cdn.example.org/a/web_1%2Bb.zip"),
            Some(("https://cdn.example.org/a".to_owned(), "web_1+b.zip".to_owned()))
        );
        for url in [
            "web_1.zip",
            "/images/web_1.zip",
            "file:///etc/passwd",
            "s3://bucket/web_1.zip",
            "https://host/",
            "https://user:password@host/web_1.zip",
            "https://host/web_1.zip?sig=1",
            "https://host/%2e%2e",
            "https://host/a%2f..%2fb",
        ] {
            assert_eq!(split(url), None, "{url}");
        }
    }
}
