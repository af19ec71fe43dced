//! Finds the login for a server.

use std::fs;
use std::path::{Path, PathBuf};

use hyper::header::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{Error, ErrorKind};
use crate::http::proxy::basic;
use crate::location::WebFolder;
use crate::settings::Settings;
use crate::web::netrc;

/// Returns the value of the header `Authorization` for a server: the user in its URL, or the entry
/// in the user's netrc file.
pub(super) fn of(folder: &WebFolder, settings: &Settings) -> Result<Option<HeaderValue>, Error> {
    if let Some(user) = folder.user.as_deref().filter(|user| user.contains(':')) {
        return Ok(Some(basic(user)));
    }
    let user = folder.user.as_deref().map(|user| percent_decode_str(user).decode_utf8_lossy());
    let host = host_of(&folder.authority);
    let entry = match read(settings)? {
        Some(text) => netrc::find(&text, host, user.as_deref()),
        None => None,
    };
    Ok(match (entry, user) {
        (Some(entry), _) => Some(encoded(&entry.user, &entry.password)),
        (None, Some(user)) => Some(encoded(&user, "")),
        (None, None) => None,
    })
}

fn encoded(user: &str, password: &str) -> HeaderValue {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    basic(&format!("{}:{}", encode(user), encode(password)))
}

/// Returns the host in `host:port`, without the brackets of an IPv6 address.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Reads the file that `NETRC` sets, or else the one in the home folder if it exists.
fn read(settings: &Settings) -> Result<Option<String>, Error> {
    let (path, is_named) = match (settings.get("NETRC"), settings.get("HOME")) {
        (Some(path), _) => (PathBuf::from(path), true),
        (None, Some(home)) => (Path::new(home).join(".netrc"), false),
        (None, None) => return Ok(None),
    };
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(_) if !is_named => Ok(None),
        Err(error) => {
            let shown = path.display().to_string();
            Err(Error::new("read", shown, ErrorKind::Settings, error.to_string()))
        }
    }
}
