//! The platform of an image.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use sealift_filename::Printable;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An operating system and a processor, as in the OCI image specification. The text form is
/// `OS/ARCHITECTURE` or `OS/ARCHITECTURE/VARIANT`.
///
/// Some architectures imply a variant. Parsing does not add or remove it, but
/// [`normalized`](Self::normalized) and [`matches`](Self::matches) treat it as optional.
///
/// ```
/// use sealift_oci::Platform;
///
/// let platform: Platform = "linux/arm64/v8".parse().unwrap();
/// assert_eq!(platform.architecture, "arm64");
/// assert_eq!(platform.to_string(), "linux/arm64/v8");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// The operating system, almost always `linux`.
    pub os: String,
    /// The processor architecture in Go's notation, such as `amd64` or `arm64`.
    pub architecture: String,
    /// The variant of the processor, such as `v7` of `arm`.
    pub variant: Option<String>,
}

impl Platform {
    /// Returns the platform without an implied variant. Some builders write it and others do not:
    /// `arm64` and `arm64/v8`, `arm` and `arm/v7`, `amd64` and `amd64/v1` are the same.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let implied = match self.architecture.as_str() {
            "arm64" => Some("v8"),
            "arm" => Some("v7"),
            "amd64" => Some("v1"),
            _ => None,
        };
        let variant = self.variant.as_deref().filter(|variant| Some(*variant) != implied);
        Self {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: variant.map(str::to_owned),
        }
    }

    /// Returns `true` if both are the same platform, regardless of an implied variant.
    ///
    /// ```
    /// use sealift_oci::Platform;
    ///
    /// let parse = |text: &str| text.parse::<Platform>().unwrap();
    /// assert!(parse("linux/arm64").matches(&parse("linux/arm64/v8")));
    /// assert!(!parse("linux/arm/v6").matches(&parse("linux/arm/v7")));
    /// ```
    pub fn matches(&self, other: &Self) -> bool {
        self.normalized() == other.normalized()
    }
}

/// The error of parsing a [`Platform`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a platform: expected OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/amd64",
    Printable(.0)
)]
pub struct ParsePlatformError(String);

impl ParsePlatformError {
    /// Returns the text that could not be parsed.
    pub fn input(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Platform {
    type Err = ParsePlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(ParsePlatformError(text.to_owned())),
        };
        if os.is_empty() || architecture.is_empty() || variant == Some("") {
            return Err(ParsePlatformError(text.to_owned()));
        }
        Ok(Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        })
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
