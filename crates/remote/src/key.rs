//! The name of an object.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sealift_filename::Printable;

/// The characters that are not encoded in the path of a URL: the unreserved characters of RFC 3986
/// and `/`. A `+` is encoded, because servers that decode paths like forms read it as a blank.
const UNENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The path of an object below its location, with `/` between folders.
///
/// No segment is empty, `.` or `..`, and there are no control characters, so that a key never leads
/// out of its location.
///
/// ```
/// use sealift_remote::Key;
///
/// let key: Key = "team/web_1.0+beta.zip".parse()?;
/// assert_eq!(key.encoded(), "team/web_1.0%2Bbeta.zip");
/// assert!("../secret".parse::<Key>().is_err());
/// # Ok::<(), sealift_remote::ParseKeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Box<str>);

/// An error for a text that is not a [`Key`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the path of an object: it must be relative, without `.`, `..` and control characters", Printable(.0))]
pub struct ParseKeyError(String);

impl Key {
    /// Returns the text of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path in the percent-encoded form of a URL.
    pub fn encoded(&self) -> String {
        utf8_percent_encode(&self.0, UNENCODED).to_string()
    }

    /// Returns the key with a suffix, such as `.blocks`, after its last segment.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}{suffix}", self.0).into())
    }
}

impl FromStr for Key {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
        if text.split('/').all(is_segment) && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(ParseKeyError(text.to_owned()))
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
