//! The version of the API that is spoken.

use std::fmt;
use std::str::FromStr;

/// A version of the engine's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ApiVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl ApiVersion {
    /// The newest that the models of the typed calls know.
    pub(crate) const NEWEST_KNOWN: Self = Self {
        major: bollard::API_DEFAULT_VERSION.major_version as u32,
        minor: bollard::API_DEFAULT_VERSION.minor_version as u32,
    };

    /// The first of an engine that may have a containerd store, Docker 23.
    pub(crate) const WITH_CONTAINERD_STORE: Self = Self { major: 1, minor: 42 };

    /// The first that lists the manifests of an image.
    pub(crate) const WITH_MANIFESTS: Self = Self { major: 1, minor: 48 };
}

impl FromStr for ApiVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').ok_or(())?;
        Ok(Self { major: major.parse().map_err(|_| ())?, minor: minor.parse().map_err(|_| ())? })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
