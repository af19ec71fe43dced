//! The manifest of an image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::json::{SchemaVersion, to_json};
use crate::media_type;

/// The manifest of an image for one platform: its config and its layers.
///
/// The JSON of equal manifests is equal byte by byte, and so is their digest. A manifest that was
/// parsed is named by the digest of the bytes that were parsed, which may be written in another
/// way.
///
/// ```
/// use sealift_oci::{Descriptor, Digest, Manifest, media_type};
///
/// let manifest = Manifest::new(Descriptor::of(media_type::IMAGE_CONFIG, b"{}"))
///     .with_layer(Descriptor::new(media_type::LAYER_TAR, Digest::of(b"layer"), 5));
/// let json = manifest.to_json();
/// assert_eq!(manifest.descriptor().digest, Digest::of(&json));
/// assert_eq!(sealift_oci::parse_document::<Manifest>(&json)?, manifest);
/// # Ok::<(), sealift_oci::ParseDocumentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct Manifest {
    schema_version: SchemaVersion,
    /// The type of the document: OCI's manifest, or Docker's of the same form.
    #[serde(default = "own_type")]
    pub media_type: String,
    /// The config.
    pub config: Descriptor,
    /// The layers, lowest first.
    pub layers: Vec<Descriptor>,
    /// Further statements about the image.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

crate::json::read_from_objects!(Manifest);
crate::json::write_as_object!(Manifest);

fn own_type() -> String {
    media_type::IMAGE_MANIFEST.to_owned()
}

impl Manifest {
    /// Creates the OCI manifest of an image without layers.
    pub fn new(config: Descriptor) -> Self {
        Self {
            schema_version: SchemaVersion,
            media_type: own_type(),
            config,
            layers: Vec::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// Creates the canonical manifest of an image: over its config and its uncompressed layers, so
    /// that it depends on nothing else. Whoever has the image can compute it and serve it without
    /// compressing anything.
    ///
    /// `layers` are the diff ids and the sizes of the uncompressed layers, lowest first.
    pub fn canonical(config: &[u8], layers: impl IntoIterator<Item = (Digest, u64)>) -> Self {
        let layers = layers.into_iter();
        Self {
            layers: layers
                .map(|(diff_id, size)| Descriptor::new(media_type::LAYER_TAR, diff_id, size))
                .collect(),
            ..Self::new(Descriptor::of(media_type::IMAGE_CONFIG, config))
        }
    }

    /// Adds a layer on top.
    #[must_use]
    pub fn with_layer(mut self, layer: Descriptor) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn with_annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Returns the manifest as JSON without spaces, its fields in a fixed order.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// Returns a descriptor of [`to_json`](Self::to_json).
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(self.media_type.as_str(), &self.to_json())
    }
}
