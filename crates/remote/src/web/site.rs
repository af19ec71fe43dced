//! A folder of a web server.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::error::{Error, ErrorKind};
use crate::http::client::Client;
use crate::key::Key;
use crate::location::{Location, WebFolder};
use crate::settings::Settings;
use crate::web::login;

/// The characters that are encoded in the path of a URL. All others stay as the user wrote them.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|').add(b'^');

/// A folder of a web server.
pub(crate) struct Site {
    pub(super) client: Client,
    /// The location in a form that can be shown.
    shown: String,
    scheme: &'static str,
    authority: String,
    /// The path of the folder, without a slash at its end.
    path: String,
    query: Option<String>,
    pub(super) login: Option<HeaderValue>,
    pub(super) backoff: Duration,
    /// Whether the server can rename uploaded objects, or `None` if it is not known yet.
    pub(super) can_move: Mutex<Option<bool>>,
    /// The folders that are known to exist, as paths in URLs.
    pub(super) folders: Mutex<BTreeSet<String>>,
}

impl Site {
    /// Reads the settings for this folder. No request is sent yet.
    pub(crate) fn open(
        location: &Location,
        folder: &WebFolder,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let site = Self {
            client: Client::new(settings)?,
            shown: location.to_string(),
            scheme: folder.scheme,
            authority: folder.authority.clone(),
            path: utf8_percent_encode(&folder.path, ENCODED).to_string(),
            query: folder.query.clone(),
            login: login::of(folder, settings)?,
            backoff: settings.backoff(),
            can_move: Mutex::default(),
            folders: Mutex::default(),
        };
        match site.try_uri(&site.path) {
            Some(_) => Ok(site),
            None => {
                let reason = "it is not a URL to which requests can be sent";
                Err(Error::new("open", site.shown, ErrorKind::Settings, reason))
            }
        }
    }

    /// Returns the path of an object in URLs.
    pub(super) fn path_of(&self, key: &Key) -> String {
        format!("{}/{}", self.path, key.encoded())
    }

    /// Returns the scheme, host and port of the server.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Returns the path of the folder in URLs, without a slash at its end.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the URL of an object without secrets.
    pub(super) fn shown(&self, key: &Key) -> String {
        format!("{}/{}", self.shown, key.encoded())
    }

    /// Returns the URL of the folder without secrets.
    pub(super) fn shown_folder(&self) -> &str {
        &self.shown
    }

    /// Returns the URL of a path, which must be that of the folder or of something in it.
    pub(super) fn uri(&self, path: &str) -> Uri {
        self.try_uri(path).unwrap_or_default()
    }

    fn try_uri(&self, path: &str) -> Option<Uri> {
        let path = if path.is_empty() { "/" } else { path };
        let target = match &self.query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let uri = Uri::builder().scheme(self.scheme).authority(self.authority.as_str());
        uri.path_and_query(target).build().ok()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({})", self.shown)
    }
}
