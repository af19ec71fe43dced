//! What kind of file an archive is, as its name says.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The format in an archive's name: what stands behind the last dot.
///
/// Formats compare as text, so `Other("zip".into())`, which `From` never makes, equals `Zip`.
///
/// ```
/// use sealift_filename::ArchiveFormat;
///
/// assert_eq!(ArchiveFormat::from("zip"), ArchiveFormat::Zip);
/// assert_eq!(ArchiveFormat::from("docker").as_str(), "docker");
/// assert!(!ArchiveFormat::from("rkt").is_loadable());
/// ```
#[derive(Debug, Clone)]
pub enum ArchiveFormat {
    /// `docker`: the plain tar that an engine saves and loads.
    Docker,
    /// `zip`: that tar, compressed, as the one member of a zip.
    Zip,
    /// Any other text, possibly empty.
    Other(String),
}

impl ArchiveFormat {
    /// Gives the text, without the dot.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Docker => "docker",
            Self::Zip => "zip",
            Self::Other(text) => text,
        }
    }

    /// Tells whether an archive of this format can be loaded: `docker` and `zip`.
    pub fn is_loadable(&self) -> bool {
        matches!(self.as_str(), "docker" | "zip")
    }

    fn known(text: &str) -> Option<Self> {
        match text {
            "docker" => Some(Self::Docker),
            "zip" => Some(Self::Zip),
            _ => None,
        }
    }
}

impl From<&str> for ArchiveFormat {
    fn from(text: &str) -> Self {
        Self::known(text).unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

impl From<String> for ArchiveFormat {
    fn from(text: String) -> Self {
        Self::known(&text).unwrap_or(Self::Other(text))
    }
}

impl FromStr for ArchiveFormat {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl PartialEq for ArchiveFormat {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ArchiveFormat {}

impl PartialOrd for ArchiveFormat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ArchiveFormat {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for ArchiveFormat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for ArchiveFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl AsRef<str> for ArchiveFormat {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}
