//! The locations of folders, as users write them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sealift_filename::Printable;

use crate::key::Key;

/// A bucket, a folder on a web server or a path; or an object in one of these.
///
/// | text | place |
/// |---|---|
/// | `s3://BUCKET/PREFIX` | Amazon S3, or a server with its API |
/// | `gs://BUCKET/PREFIX` | Google Cloud Storage |
/// | `az://CONTAINER/PREFIX` | Azure Blob Storage |
/// | `https://HOST/PATH`, `http://HOST/PATH` | a web server; WebDAV for uploads |
/// | `file:///PATH`, or a path | a folder on this machine |
///
/// Its `Display` contains neither user, password nor query, because a query can contain a
/// signature.
///
/// ```
/// use sealift_remote::Location;
///
/// let location: Location = "https://ci:secret@cdn.example.org/images/?sig=abc".parse()?;
/// assert_eq!(location.to_string(), "https://cdn.example.org/images");
/// # Ok::<(), sealift_remote::ParseLocationError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Location(pub(crate) Place);

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A bucket of a cloud, and the prefix of its keys without slashes around it.
    Bucket { cloud: Cloud, bucket: String, prefix: String },
    /// A folder of a web server.
    Web(WebFolder),
    /// A folder of this machine.
    Folder(PathBuf),
}

/// The API of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cloud {
    S3,
    Google,
    Azure,
}

/// The parts of a URL with `http` or `https`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct WebFolder {
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// `user:password`, percent-encoded.
    pub(crate) user: Option<String>,
    /// `host:port`.
    pub(crate) authority: String,
    /// The path, percent-encoded, without a slash at its end.
    pub(crate) path: String,
    /// The query without its `?`.
    pub(crate) query: Option<String>,
}

/// An error for a text that is not a [`Location`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid location: {kind}", Printable(shown))]
pub struct ParseLocationError {
    shown: String,
    kind: ParseLocationErrorKind,
}

/// The reason why a text is not a [`Location`]. Its text continues a sentence about the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseLocationErrorKind {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The scheme is not supported.
    #[error("the scheme is `{}`; expected s3, gs, az, https, http or file", Printable(.0))]
    Scheme(String),
    /// A supported scheme without the `//` after it. Such a text is a valid path, but almost
    /// certainly a mistyped URL.
    #[error("`{0}:` is not followed by `//`")]
    NoSlashes(&'static str),
    /// The text is an address in the form of scp, `USER@HOST:PATH`.
    #[error("addresses in the form of scp are not supported")]
    Scp,
    /// The host, bucket, container or path is missing. The field is the missing part.
    #[error("it contains no {0}")]
    NoHost(&'static str),
    /// The text has a fragment, which is never sent to a server.
    #[error("it contains a `#`")]
    Fragment,
    /// The text contains a character that is not allowed in a URL, or a segment `.` or `..`.
    #[error("it contains `{}`", Printable(.0))]
    Part(String),
}

impl ParseLocationError {
    /// Returns the reason why the text is not a location.
    pub fn kind(&self) -> &ParseLocationErrorKind {
        &self.kind
    }
}

impl Location {
    /// Splits the location of a document, such as a config, into its folder and its key. If the
    /// last segment does not end with `.json`, the location is that of a folder, and the document
    /// in it is `default`, which must be a single segment.
    #[must_use]
    pub fn split_document(&self, default: &Key) -> (Self, Key) {
        let (parent, last) = match &self.0 {
            Place::Bucket { cloud, bucket, prefix } => {
                let (parent, last) = split_last(prefix);
                (
                    Place::Bucket {
                        cloud: *cloud,
                        bucket: bucket.clone(),
                        prefix: parent.to_owned(),
                    },
                    last.to_owned(),
                )
            }
            Place::Web(web) => {
                let (parent, last) = split_last(&web.path);
                let last = percent_encoding::percent_decode_str(last).decode_utf8_lossy();
                (
                    Place::Web(WebFolder { path: parent.to_owned(), ..web.clone() }),
                    last.into_owned(),
                )
            }
            Place::Folder(path) => {
                let last = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (Place::Folder(path.parent().unwrap_or(Path::new("")).to_owned()), last)
            }
        };
        match last.parse::<Key>() {
            Ok(key) if last.ends_with(".json") => (Self(parent), key),
            _ => (self.clone(), default.clone()),
        }
    }

    /// Returns the path if the location is a folder of this machine.
    pub fn as_path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Folder(path) => Some(path),
            Place::Bucket { .. } | Place::Web(_) => None,
        }
    }

    /// Returns `true` if the location is read and written with HTTP requests to exactly this URL.
    pub fn is_web(&self) -> bool {
        matches!(self.0, Place::Web(_))
    }

    /// Returns the location of an object in a form that can be shown, without secrets.
    pub fn shown(&self, key: &Key) -> String {
        match &self.0 {
            Place::Web(_) => format!("{self}/{}", key.encoded()),
            Place::Folder(path) => path.join(key.as_str()).display().to_string(),
            Place::Bucket { .. } => format!("{self}/{key}"),
        }
    }
}

/// Splits a path before its last segment.
fn split_last(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl FromStr for Location {
    type Err = ParseLocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(Self).map_err(|kind| ParseLocationError { shown: shown(text), kind })
    }
}

/// Removes the user and the query from a text, which may not be a valid URL.
fn shown(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        // A URL without its slashes can contain secrets too.
        None => (String::new(), text),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = match scheme.is_empty() {
        true => (rest, ""),
        false => rest.split_at(rest.find('/').unwrap_or(rest.len())),
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}{host}{path}")
}

fn parse(text: &str) -> Result<Place, ParseLocationErrorKind> {
    use ParseLocationErrorKind as Kind;
    if text.is_empty() {
        return Err(Kind::Empty);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return path(text);
    };
    if rest.contains('#') {
        return Err(Kind::Fragment);
    }
    if let Some(bad) = rest.chars().find(|c| c.is_control() || c.is_whitespace() || *c == '\\') {
        return Err(Kind::Part(bad.to_string()));
    }
    let scheme = scheme.to_ascii_lowercase();
    let web = |scheme| web_folder(scheme, rest).map(Place::Web);
    match scheme.as_str() {
        "s3" | "s3a" => bucket(Cloud::S3, rest),
        "gs" | "gcs" => bucket(Cloud::Google, rest),
        "az" | "azure" | "abfs" | "abfss" => bucket(Cloud::Azure, rest),
        "https" => web("https"),
        "http" => web("http"),
        "file" => match rest.strip_prefix("localhost").unwrap_or(rest) {
            path if path.starts_with('/') => {
                let path = percent_encoding::percent_decode_str(path);
                Ok(Place::Folder(path.decode_utf8_lossy().into_owned().into()))
            }
            _ => Err(Kind::NoHost("absolute path")),
        },
        other => Err(Kind::Scheme(other.to_owned())),
    }
}

/// Parses a text without `://`, which is a path unless it is a mistyped URL.
fn path(text: &str) -> Result<Place, ParseLocationErrorKind> {
    const SCHEMES: [&str; 6] = ["s3", "gs", "az", "https", "http", "file"];
    let first = text.split('/').next().unwrap_or_default();
    if let Some((front, _)) = first.split_once(':') {
        if let Some(scheme) = SCHEMES.iter().find(|scheme| front.eq_ignore_ascii_case(scheme)) {
            return Err(ParseLocationErrorKind::NoSlashes(scheme));
        }
        if front.contains('@') {
            return Err(ParseLocationErrorKind::Scp);
        }
    }
    Ok(Place::Folder(PathBuf::from(text)))
}

fn bucket(cloud: Cloud, rest: &str) -> Result<Place, ParseLocationErrorKind> {
    use ParseLocationErrorKind as Kind;
    if rest.contains('?') {
        return Err(Kind::Part("?".to_owned()));
    }
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let noun = if cloud == Cloud::Azure { "container" } else { "bucket" };
    if bucket.is_empty() {
        return Err(Kind::NoHost(noun));
    }
    let prefix = prefix.trim_matches('/');
    refuse_dots(prefix)?;
    Ok(Place::Bucket { cloud, bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

fn web_folder(scheme: &'static str, rest: &str) -> Result<WebFolder, ParseLocationErrorKind> {
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query.to_owned())),
        None => (rest, None),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, authority),
    };
    if authority.is_empty() || authority.starts_with(':') {
        return Err(ParseLocationErrorKind::NoHost("host"));
    }
    refuse_dots(path)?;
    let path = path.trim_end_matches('/').to_owned();
    Ok(WebFolder { scheme, user, authority: authority.to_owned(), path, query })
}

fn refuse_dots(path: &str) -> Result<(), ParseLocationErrorKind> {
    match path.split('/').find(|segment| matches!(*segment, "." | "..")) {
        Some(segment) => Err(ParseLocationErrorKind::Part(segment.to_owned())),
        None => Ok(()),
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Bucket { cloud, bucket, prefix } => {
                let scheme = match cloud {
                    Cloud::S3 => "s3",
                    Cloud::Google => "gs",
                    Cloud::Azure => "az",
                };
                let slash = if prefix.is_empty() { "" } else { "/" };
                write!(f, "{scheme}://{bucket}{slash}{prefix}")
            }
            Place::Web(web) => write!(f, "{}://{}{}", web.scheme, web.authority, web.path),
            Place::Folder(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        for (text, shown) in [
            ("s3://builds/images/", "s3://builds/images"),
            ("s3://builds", "s3://builds"),
            ("az://container/a/b", "az://container/a/b"),
            ("https://u:p@h:8443/a/?sig=1", "https://h:8443/a"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("HTTPS://h/", "https://h"),
            ("file:///srv/a%20b", "/srv/a b"),
            ("artifacts", "artifacts"),
            ("./s3:/a", "./s3:/a"),
            ("a/b@c:d", "a/b@c:d"),
            ("2026-11-28T12:00", "2026-11-28T12:00"),
        ] {
            let location: Location = text.parse().unwrap();
            assert_eq!(location.to_string(), shown, "{text}");
            assert_eq!(format!("{location:?}"), format!("Location({shown})"));
        }
        let error = "https:/u:p@h/a?sig=1".parse::<Location>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`h/a` is not a valid location: `https:` is not followed by `//`"
        );
        let error = "ftp://u:p@h/a?sig=1".parse::<Location>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ftp://h/a` is not a valid location: the scheme is `ftp`; expected s3, gs, az, https, http or file"
        );
    }

    #[test]
    fn invalid_texts_are_refused() {
        use ParseLocationErrorKind::{Empty, Fragment, NoHost, NoSlashes, Part, Scp};
        for (text, kind) in [
            ("", Empty),
            ("s3:/builds/images", NoSlashes("s3")),
            ("HTTPS:/u:p@h/a", NoSlashes("https")),
            ("s3:builds", NoSlashes("s3")),
            ("ann@host:/srv/images", Scp),
            ("s3://", NoHost("bucket")),
            ("az:///a", NoHost("container")),
            ("https://", NoHost("host")),
            ("https://:80/", NoHost("host")),
            ("https://h/#a", Fragment),
            ("https://h/a b", Part(" ".to_owned())),
            ("s3://b/../a", Part("..".to_owned())),
            ("file://host/a", NoHost("absolute path")),
        ] {
            assert_eq!(text.parse::<Location>().unwrap_err().kind(), &kind, "{text}");
        }
    }

    #[test]
    fn a_location_is_that_of_a_document_or_of_its_folder() {
        let default: Key = "images.json".parse().unwrap();
        for (text, place, key) in [
            ("https://h/a/web.json?x=1", "https://h/a", "web.json"),
            ("https://h/a/", "https://h/a", "images.json"),
            ("https://h", "https://h", "images.json"),
            ("s3://b/web.json", "s3://b", "web.json"),
            ("s3://b", "s3://b", "images.json"),
            ("/srv/x.json", "/srv", "x.json"),
            ("/srv/x", "/srv/x", "images.json"),
        ] {
            let (found, document) = text.parse::<Location>().unwrap().split_document(&default);
            assert_eq!((found.to_string().as_str(), document.as_str()), (place, key), "{text}");
        }
    }
}
