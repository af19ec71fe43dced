//! The version of the API that is spoken.

use std::fmt;
use std::str::FromStr;

/// A version of the engine's API, as `1.41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

/// A text that is no [`ApiVersion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version of the API is written as 1.41 is")]
#[non_exhaustive]
pub struct ParseApiVersionError;

impl ApiVersion {
    /// The newest whose answers are known.
    pub(crate) const NEWEST_KNOWN: Self = Self { major: 1, minor: 53 };

    /// The oldest that is spoken: that of Docker 20.10 and of Podman 4.3.
    pub(crate) const OLDEST_NEEDED: Self = Self { major: 1, minor: 41 };

    /// The first of an engine that may have a containerd store, Docker 23.
    pub(crate) const WITH_CONTAINERD_STORE: Self = Self { major: 1, minor: 42 };

    /// The first that lists the manifests of an image.
    pub(crate) const WITH_MANIFESTS: Self = Self { major: 1, minor: 48 };
}

impl FromStr for ApiVersion {
    type Err = ParseApiVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').ok_or(ParseApiVersionError)?;
        let number = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number).ok_or(ParseApiVersionError)
        };
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
