//! An image's config file.

use serde::Deserialize;

use crate::platform::Platform;

/// An image's config file.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct ImageConfig {
    /// The processor in Go's terms, such as `amd64`.
    #[serde(default)]
    pub architecture: Option<String>,
    /// The operating system.
    #[serde(default)]
    pub os: Option<String>,
    /// The processor's variant.
    #[serde(default)]
    pub variant: Option<String>,
    /// When the image was built, RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// The settings that a container of the image starts with.
    #[serde(default)]
    pub config: serde_json::Value,
    /// The layers.
    #[serde(default)]
    pub rootfs: Option<RootFs>,
}

impl ImageConfig {
    /// Returns the platform that the image runs on.
    pub fn platform(&self) -> Platform {
        let said = |text: &Option<String>, else_: &str| {
            text.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| else_.to_owned())
        };
        Platform {
            os: said(&self.os, "linux"),
            architecture: said(&self.architecture, "unknown"),
            variant: self.variant.clone().filter(|variant| !variant.is_empty()),
        }
    }
}

/// The layers of an image.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct RootFs {
    /// The digests of the uncompressed layers, lowest first; `None` in an image without layers, as
    /// some writers write it.
    #[serde(default)]
    pub diff_ids: Option<Vec<String>>,
}

crate::json::read_from_objects!(ImageConfig, RootFs);
