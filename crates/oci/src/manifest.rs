//! The manifest of an image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::json::{SchemaVersion, to_json};
use crate::media_type;

/// The manifest of an image for one platform: its config and its layers.
///
/// Equal manifests serialize to the same bytes and therefore have the same digest. The digest of a
/// parsed manifest is that of the parsed bytes; serializing it again can result in other bytes.
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
    /// The media type of the document: an OCI manifest, or a Docker manifest, which has the same
    /// form.
    #[serde(default = "own_type")]
    pub media_type: String,
    /// The config of the image.
    pub config: Descriptor,
    /// The layers, lowest first.
    pub layers: Vec<Descriptor>,
    /// Additional information about the image.
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

    /// Creates the canonical manifest of an image, which depends only on its config and its
    /// uncompressed layers. Every holder of the image can compute it, and can serve it without
    /// compressing layers.
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

    /// Serializes the manifest as JSON, without whitespace and with its fields in a fixed order.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// Returns a descriptor of the bytes of [`to_json`](Self::to_json).
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(self.media_type.as_str(), &self.to_json())
    }
}
