//! The index of an image for several platforms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::descriptor::Descriptor;
use crate::json::{SchemaVersion, to_json};
use crate::media_type;
use crate::platform::Platform;

/// An index, which lists the manifests of an image for several platforms.
///
/// Equal indexes serialize to the same bytes and therefore have the same digest. The digest of a
/// parsed index is that of the parsed bytes; serializing it again can result in other bytes.
///
/// ```
/// use sealift_oci::{Descriptor, Index, Manifest, Platform, media_type};
///
/// let platform: Platform = "linux/arm64".parse().unwrap();
/// let manifest = Manifest::new(Descriptor::of(media_type::IMAGE_CONFIG, b"{}"));
/// let index = Index::new().with_manifest(manifest.descriptor().with_platform(platform.clone()));
/// assert_eq!(index.manifest_for(&platform), index.manifests.first());
/// assert_eq!(sealift_oci::parse_document::<Index>(&index.to_json())?, index);
/// # Ok::<(), sealift_oci::ParseDocumentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct Index {
    schema_version: SchemaVersion,
    /// The media type of the document: an OCI index, or a Docker manifest list, which has the same
    /// form.
    #[serde(default = "own_type")]
    pub media_type: String,
    /// The manifests and nested indexes.
    pub manifests: Vec<Descriptor>,
    /// Additional information about the image.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

crate::json::read_from_objects!(Index);
crate::json::write_as_object!(Index);

fn own_type() -> String {
    media_type::IMAGE_INDEX.to_owned()
}

impl Default for Index {
    fn default() -> Self {
        Self {
            schema_version: SchemaVersion,
            media_type: own_type(),
            manifests: Vec::new(),
            annotations: BTreeMap::new(),
        }
    }
}

impl Index {
    /// Creates an empty OCI index.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a manifest.
    #[must_use]
    pub fn with_manifest(mut self, manifest: Descriptor) -> Self {
        self.manifests.push(manifest);
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn with_annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Returns the first manifest for a platform, or `None` if no manifest matches.
    pub fn manifest_for(&self, platform: &Platform) -> Option<&Descriptor> {
        let is_for = |manifest: &&Descriptor| {
            manifest.platform.as_ref().is_some_and(|of| of.matches(platform))
        };
        self.manifests.iter().find(is_for)
    }

    /// Serializes the index as JSON, without whitespace and with its fields in a fixed order.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// Returns a descriptor of the bytes of [`to_json`](Self::to_json).
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(self.media_type.as_str(), &self.to_json())
    }
}
