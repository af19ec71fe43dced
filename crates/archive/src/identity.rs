//! What an image is, whatever engine holds it and whoever wrote its archive.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// All the names by which engines and archives know one image, computed from its content.
///
/// The config digest is the one that every archive layout lets us compute and that survives save
/// and load between all engines; its first 12 digits stand in an archive's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The digest of the image's config file.
    pub config: Digest,
    /// The digests of the OCI manifests that describe this image (not attestations).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Digest>,
    /// The digests of the OCI indexes that led to those manifests. They decide nothing: they change
    /// with provenance and with the platforms at hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Digest>,
    /// The digests of the uncompressed layers, lowest first.
    pub diff_ids: Vec<Digest>,
    /// What the image runs on.
    pub platform: Platform,
    /// When the image was built, RFC 3339, as its config says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The names and tags that the archive carries for it, as written there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repo_tags: Vec<String>,
}

impl Identity {
    /// Tells whether both are the same image: the same config, or a manifest in common.
    pub fn is_same_image(&self, other: &Self) -> bool {
        self.config == other.config
            || self.manifests.iter().any(|digest| other.manifests.contains(digest))
    }

    /// Tells whether 12 hex digits in an archive's name are the start of one of this image's
    /// digests: its config's, or that of a manifest or an index (as named by tools that ask a
    /// containerd store for the id).
    pub fn answers_to(&self, short: &str) -> bool {
        std::iter::once(&self.config)
            .chain(&self.manifests)
            .chain(&self.indexes)
            .any(|digest| digest.short() == short)
    }
}

/// An operating system and a processor, as in the OCI image specification.
///
/// ```
/// use sealift_archive::Platform;
///
/// let platform: Platform = "linux/arm64/v8".parse().unwrap();
/// assert_eq!(platform.architecture, "arm64");
/// assert_eq!(platform.to_string(), "linux/arm64/v8");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// The operating system, `linux` nearly always.
    pub os: String,
    /// The processor, in Go's words: `amd64`, `arm64`.
    pub architecture: String,
    /// The processor's variant, `v7` of `arm`.
    pub variant: Option<String>,
}

impl Platform {
    /// Returns the platform without a variant that goes without saying. Builders differ in whether
    /// they write it: `arm64` and `arm64/v8`, `arm` and `arm/v7`, `amd64` and `amd64/v1`.
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
}

/// Why a text is not a [`Platform`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform: OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, like linux/amd64")]
pub struct ParsePlatformError(String);

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl std::str::FromStr for Platform {
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
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
