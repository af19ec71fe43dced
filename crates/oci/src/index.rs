//! The index of an image for several platforms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::descriptor::Descriptor;
use crate::json::{SchemaVersion, to_json};
use crate::media_type;
use crate::platform::Platform;

/// An index: the manifests of an image for several platforms.
///
/// The JSON of equal indexes is equal byte by byte, and so is their digest. An index that was
/// parsed is named by the digest of the bytes that were parsed, which may be written in another
/// way.
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
    /// The type of the document: OCI's index, or Docker's manifest list of the same form.
    #[serde(default = "own_type")]
    pub media_type: String,
    /// The manifests and inner indexes.
    pub manifests: Vec<Descriptor>,
    /// Further statements about the image.
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
    /// Creates an OCI index without manifests.
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

    /// Returns the first manifest for a platform.
    pub fn manifest_for(&self, platform: &Platform) -> Option<&Descriptor> {
        let is_for = |manifest: &&Descriptor| {
            manifest.platform.as_ref().is_some_and(|of| of.matches(platform))
        };
        self.manifests.iter().find(is_for)
    }

    /// Returns the index as JSON without spaces, its fields in a fixed order.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// Returns a descriptor of [`to_json`](Self::to_json).
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(self.media_type.as_str(), &self.to_json())
    }
}
