//! The format in the name of an archive.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// The format in an archive's name: the text after the last dot.
///
/// ```
/// use sealift_filename::ArchiveFormat;
///
/// assert_eq!(ArchiveFormat::from("zip"), ArchiveFormat::Zip);
/// assert_eq!(ArchiveFormat::from("docker").as_str(), "docker");
/// assert!(matches!(ArchiveFormat::from("rkt"), ArchiveFormat::Other(_)));
/// assert_eq!(ArchiveFormat::from("rkt").as_str(), "rkt");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ArchiveFormat {
    /// `docker`: the plain tar that an engine saves and loads.
    Docker,
    /// `zip`: a zip whose only member is such a tar.
    Zip,
    /// Any other text, which can be empty.
    Other(OtherFormat),
}

/// A format that is neither `docker` nor `zip`. `ArchiveFormat::from` creates it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OtherFormat(Box<str>);

impl OtherFormat {
    /// Returns the text without the dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArchiveFormat {
    /// Returns the text without the dot.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Docker => "docker",
            Self::Zip => "zip",
            Self::Other(format) => format.as_str(),
        }
    }
}

impl From<&str> for ArchiveFormat {
    fn from(text: &str) -> Self {
        match text {
            "docker" => Self::Docker,
            "zip" => Self::Zip,
            other => Self::Other(OtherFormat(other.into())),
        }
    }
}

impl From<String> for ArchiveFormat {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl FromStr for ArchiveFormat {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
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
