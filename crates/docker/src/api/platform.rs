//! The platform that an image is for, as engines show it.

use std::fmt;

use serde_json::{Value, json};

/// An operating system and a processor, in the engine's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImagePlatform {
    /// The operating system, `linux` nearly always.
    pub os: String,
    /// The processor, in Go's words: `amd64`, `arm64`.
    pub architecture: String,
    /// The processor's variant, `v7` of `arm`.
    pub variant: Option<String>,
}

impl ImagePlatform {
    /// Reads it from an image that is inspected, whose keys begin with a capital.
    pub(crate) fn of_image(image: &Value) -> Self {
        Self {
            os: text(&image["Os"]).unwrap_or_else(|| "linux".to_owned()),
            architecture: text(&image["Architecture"]).unwrap_or_default(),
            variant: text(&image["Variant"]),
        }
    }

    /// Reads it as the OCI image specification writes it.
    pub(crate) fn read(platform: &Value) -> Option<Self> {
        Some(Self {
            os: text(&platform["os"])?,
            architecture: text(&platform["architecture"])?,
            variant: text(&platform["variant"]),
        })
    }

    /// Writes it as a request's query takes it.
    pub(crate) fn to_json(&self) -> String {
        let mut platform = json!({"os": self.os, "architecture": self.architecture});
        if let Some(variant) = &self.variant {
            platform["variant"] = json!(variant);
        }
        platform.to_string()
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

impl fmt::Display for ImagePlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}
