//! Indexes and manifests of untrusted archives, whose fields can be missing or invalid.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::descriptor::states_attestation;
use crate::media_type;
use crate::platform_object::PlatformObject;

/// An index or manifest whose values were not checked. Docker's manifest list and its manifest of
/// schema 2 have the same fields. [`Index`](crate::Index) and [`Manifest`](crate::Manifest) are the
/// checked forms.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct UncheckedDocument {
    /// The descriptors in an index.
    #[serde(default)]
    pub manifests: Option<Vec<UncheckedDescriptor>>,
    /// The config of a manifest.
    #[serde(default)]
    pub config: Option<UncheckedDescriptor>,
    /// The layers of a manifest, lowest first.
    #[serde(default)]
    pub layers: Option<Vec<UncheckedDescriptor>>,
}

/// A descriptor whose values were not checked. [`Descriptor`](crate::Descriptor) is the checked
/// form.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct UncheckedDescriptor {
    /// The media type of the content. Empty if it is not stated.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the content, of any algorithm.
    pub digest: String,
    /// The size of the content in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Additional information about the content.
    #[serde(default)]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The platform of the image to which this refers.
    #[serde(default)]
    pub platform: Option<PlatformObject>,
}

crate::json::read_from_objects!(UncheckedDocument, UncheckedDescriptor);

impl UncheckedDescriptor {
    /// Returns `true` if this refers to the config of an image, and not to that of another
    /// artifact.
    pub fn is_image_config(&self) -> bool {
        media_type::is_image_config(&self.media_type)
    }

    /// Returns `true` if this refers to an attestation instead of an image. BuildKit adds manifests
    /// with attestations for the platform `unknown/unknown`.
    pub fn is_attestation(&self) -> bool {
        states_attestation(self.annotations.as_ref(), self.platform.as_ref())
    }

    /// Returns the value of an annotation, or `None` if there is no annotation with this key.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Returns the kind of document to which this refers.
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

/// The kind of document to which a descriptor in an index refers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An index or a Docker manifest list.
    Index,
    /// A manifest.
    Manifest,
    /// Any other document.
    Unknown,
}
