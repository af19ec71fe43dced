//! The base URL of the archives in a config.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sealift_filename::Printable;

/// The characters that are percent-encoded in a path: all but `/` and the unreserved characters of
/// RFC 3986. A `+` is also encoded, because some servers decode it as a space.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The URL of a folder, or its absolute path on a server.
///
/// ```
/// use sealift_workflow::BaseUrl;
///
/// let base: BaseUrl = "https://cdn.example.org/images/".parse()?;
/// assert_eq!(base.join("web_1.0+beta.zip"), "https://cdn.example.org/images/web_1.0%2Bbeta.zip");
/// assert_eq!("/images".parse::<BaseUrl>()?.join("web_1.zip"), "/images/web_1.zip");
///
/// let error = "https://?a=b".parse::<BaseUrl>().unwrap_err();
/// assert_eq!(error.to_string(), "`https://?a=b` is not the URL of a folder: it has no host");
/// # Ok::<(), sealift_workflow::ParseBaseUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(Box<str>);

/// The error for a text that is not a [`BaseUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the URL of a folder: {kind}", Printable(input))]
pub struct ParseBaseUrlError {
    input: String,
    kind: ParseBaseUrlErrorKind,
}

impl ParseBaseUrlError {
    /// Returns the rejected text.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
    pub fn kind(&self) -> ParseBaseUrlErrorKind {
        self.kind
    }
}

/// The reason why a text is not a [`BaseUrl`]. Its message is a clause about the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseBaseUrlErrorKind {
    /// It is neither a URL nor an absolute path.
    #[error(
        "expected a URL such as `https://cdn.example.org/images/`, or a path that begins with `/`"
    )]
    Form,
    /// It has no host.
    #[error("it has no host")]
    NoHost,
    /// It has a query or a fragment. Archive paths cannot be appended to these.
    #[error("it has a `{0}`, but archive paths are appended to it")]
    Rest(char),
    /// It contains a character that is not valid in a URL.
    #[error("it has {0:?}, which must be percent-encoded")]
    Character(char),
}

impl BaseUrl {
    /// Returns `true` if a text looks like a URL or an absolute path, even if it is not a valid
    /// base URL.
    pub fn has_form(text: &str) -> bool {
        text.starts_with('/') || text.contains("://")
    }

    /// Appends the path of an archive, percent-encoded and separated by exactly one slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}/{}", self.0.trim_end_matches('/'), encode(path))
    }

    /// Returns the text that was parsed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Percent-encodes a path.
pub(crate) fn encode(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}

fn fault(text: &str) -> Option<ParseBaseUrlErrorKind> {
    if !text.starts_with('/') {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Some(ParseBaseUrlErrorKind::Form);
        };
        // Nomad's downloader accepts a prefix before the scheme, as in `s3::https://…`.
        let schemes = scheme.split("::");
        if !schemes.into_iter().all(is_scheme) {
            return Some(ParseBaseUrlErrorKind::Form);
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() && (scheme != "file" || rest.is_empty()) {
            return Some(ParseBaseUrlErrorKind::NoHost);
        }
    }
    text.chars().find_map(|c| match c {
        '?' | '#' => Some(ParseBaseUrlErrorKind::Rest(c)),
        c if c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c) => {
            Some(ParseBaseUrlErrorKind::Character(c))
        }
        _ => None,
    })
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

impl FromStr for BaseUrl {
    type Err = ParseBaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match fault(text) {
            None => Ok(Self(text.into())),
            Some(kind) => Err(ParseBaseUrlError { input: text.to_owned(), kind }),
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_url_or_an_absolute_path() {
        for good in [
            "https://cdn.example.org",
            "https://user@cdn.example.org:8443/a/b/",
            "http://[::1]:8080/",
            "s3::https://s3.amazonaws.com/bucket",
            "file:///srv/images",
            "/",
            "/images/",
            "//cdn.example.org/images",
            "https://cdn.example.org/a%20b",
        ] {
            assert_eq!(good.parse::<BaseUrl>().unwrap().as_str(), good);
        }
        use ParseBaseUrlErrorKind::{Character, Form, NoHost, Rest};
        for (bad, why) in [
            ("", Form),
            ("cdn.example.org/images", Form),
            ("images", Form),
            ("./images", Form),
            ("1https://cdn.example.org", Form),
            ("my images://x", Form),
            ("https://", NoHost),
            ("https:///images", NoHost),
            ("https://?a=b", NoHost),
            ("file://", NoHost),
            ("https://cdn.example.org/?token=1", Rest('?')),
            ("https://cdn.example.org/#top", Rest('#')),
            ("/images?x", Rest('?')),
            ("https://cdn.example.org/my images", Character(' ')),
            ("/images\n", Character('\n')),
        ] {
            assert_eq!(bad.parse::<BaseUrl>().unwrap_err().kind(), why, "{bad}");
        }
    }

    #[test]
    fn all_but_unreserved_characters_are_encoded() {
        assert_eq!(
            encode("localhost+5000/team/web_1.0+b~-.zip"),
            "localhost%2B5000/team/web_1.0%2Bb~-.zip"
        );
        assert_eq!(encode("web_a b%?#&=:@é_1.zip"), "web_a%20b%25%3F%23%26%3D%3A%40%C3%A9_1.zip");
    }

    #[test]
    fn base_and_path_are_joined_by_one_slash() {
        for base in ["https://a/b", "https://a/b/", "https://a/b//"] {
            assert_eq!(base.parse::<BaseUrl>().unwrap().join("web.zip"), "https://a/b/web.zip");
        }
        assert_eq!("/".parse::<BaseUrl>().unwrap().join("web.zip"), "/web.zip");
    }
}
