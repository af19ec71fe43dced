//! Indexes and manifests of untrusted archives, in which anything may be missing or wrong.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::descriptor::states_attestation;
use crate::media_type;
use crate::platform_object::PlatformObject;

/// An index or manifest as it was found; Docker's manifest list and schema 2 manifest have the same
/// fields. [`Index`](crate::Index) and [`Manifest`](crate::Manifest) are the checked forms.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct UncheckedDocument {
    /// What an index lists.
    #[serde(default)]
    pub manifests: Option<Vec<UncheckedDescriptor>>,
    /// The config of a manifest.
    #[serde(default)]
    pub config: Option<UncheckedDescriptor>,
    /// The layers of a manifest, lowest first.
    #[serde(default)]
    pub layers: Option<Vec<UncheckedDescriptor>>,
}

/// A pointer to content as it was found; [`Descriptor`](crate::Descriptor) is the checked form.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct UncheckedDescriptor {
    /// The type of the content, empty if it is not stated.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the content, by any algorithm.
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

crate::json::read_from_objects!(UncheckedDocument, UncheckedDescriptor);

impl UncheckedDescriptor {
    /// Returns `true` if this points to an image's config, and not to that of another artifact.
    pub fn is_image_config(&self) -> bool {
        media_type::is_image_config(&self.media_type)
    }

    /// Returns `true` if this points to a statement about an image instead of an image. BuildKit
    /// adds such manifests, for the platform `unknown/unknown`.
    pub fn is_attestation(&self) -> bool {
        states_attestation(self.annotations.as_ref(), self.platform.as_ref())
    }

    /// Returns the value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Returns the kind of document that this points to.
    pub fn target(&self) -> Target {
        if media_type::is_index(&self.media_type) {
            Target::Index
        } else if media_type::is_manifest(&self.media_type) {
            Target::Manifest
        } else {
            Target::Unknown
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
