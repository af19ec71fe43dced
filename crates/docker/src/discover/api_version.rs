//! The version of the engine's API.

use std::fmt;
use std::str::FromStr;

/// A version of the engine's API, such as `1.41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

/// An error for a text that is not a version of the engine's API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of the engine's API, such as `1.41`")]
pub struct ParseApiVersionError(String);

impl ParseApiVersionError {
    /// Returns the text that is not a version.
    pub fn input(&self) -> &str {
        &self.0
    }
}

impl ApiVersion {
    /// The newest version that this crate supports.
    pub(crate) const NEWEST_KNOWN: Self = Self { major: 1, minor: 53 };

    /// The oldest version that this crate supports: that of Docker 20.10 and of Podman 4.3.
    pub(crate) const OLDEST_NEEDED: Self = Self { major: 1, minor: 41 };

    /// The first version whose engines can have a containerd store (Docker 23).
    pub(crate) const WITH_CONTAINERD_STORE: Self = Self { major: 1, minor: 42 };

    /// The newest version whose engines are known to list only complete images of a containerd
    /// store (Docker 26).
    pub(crate) const LISTS_ONLY_COMPLETE: Self = Self { major: 1, minor: 45 };

    /// The first version that lists the manifests of an image.
    pub(crate) const WITH_MANIFESTS: Self = Self { major: 1, minor: 48 };
}

impl FromStr for ApiVersion {
    type Err = ParseApiVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number)
        };
        let version = text
            .split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }));
        version.ok_or_else(|| ParseApiVersionError(text.to_owned()))
    }
}

impl serde::Serialize for ApiVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
