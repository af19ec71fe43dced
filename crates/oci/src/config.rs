//! An image's config file.

use serde::Deserialize;

use crate::platform::Platform;

/// An image's config file.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct ImageConfig {
    /// The processor architecture in Go's notation, such as `amd64`.
    #[serde(default)]
    pub architecture: Option<String>,
    /// The operating system.
    #[serde(default)]
    pub os: Option<String>,
    /// The variant of the processor, such as `v7`.
    #[serde(default)]
    pub variant: Option<String>,
    /// The time at which the image was built, in the format of RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// The runtime settings of the image (`Env`, `Cmd`, `Labels`, …).
    #[serde(default)]
    pub config: serde_json::Value,
    /// The layers.
    #[serde(default)]
    pub rootfs: Option<RootFs>,
}

impl ImageConfig {
    /// Returns the platform of the image. If the operating system is missing, it is `linux`, and if
    /// the architecture is missing, it is `unknown`.
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
    /// The digests of the uncompressed layers, lowest first. Some writers omit the list in an image
    /// without layers.
    #[serde(default)]
    pub diff_ids: Option<Vec<String>>,
}

crate::json::read_from_objects!(ImageConfig, RootFs);
