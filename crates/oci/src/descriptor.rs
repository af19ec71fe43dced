//! Descriptors: pointers to content by its digest.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::platform_object::PlatformObject;

/// A pointer to content by its digest.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Descriptor {
    /// The type of the content.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the content, as it was written.
    pub digest: String,
    /// The size of the content in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Further statements about the content.
    #[serde(default)]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The platform of the image that this points to.
    #[serde(default)]
    pub platform: Option<PlatformObject>,
}

impl Descriptor {
    /// Returns `true` if this points to an image's config, and not to that of some other artifact.
    pub fn is_image_config(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "application/vnd.oci.image.config.v1+json"
                | "application/vnd.docker.container.image.v1+json"
        )
    }

    /// Returns `true` if this points to a statement about an image instead of an image. BuildKit adds
    /// such manifests, for the platform `unknown/unknown`.
    pub fn is_attestation(&self) -> bool {
        let named = self.annotation("vnd.docker.reference.type") == Some("attestation-manifest");
        let unknown = self
            .platform
            .as_ref()
            .is_some_and(|platform| platform.os == "unknown" && platform.architecture == "unknown");
        named || unknown
    }

    /// Returns the value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Returns what kind of document this points to.
    pub fn target(&self) -> Target {
        match self.media_type.as_str() {
            "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json" => Target::Index,
            "application/vnd.oci.image.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v2+json" => Target::Manifest,
            _ => Target::Unknown,
        }
    }
}

/// The kind of document that a descriptor of an index points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An index, or a manifest list of Docker.
    Index,
    /// A manifest.
    Manifest,
    /// Something else.
    Unknown,
}

crate::json::read_from_objects!(Descriptor);
