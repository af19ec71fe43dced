//! Indexes and manifests as they are read from archives.

use serde::Deserialize;

use crate::descriptor::Descriptor;

/// An OCI index or manifest of an untrusted archive; Docker's manifest list and schema 2 manifest have the same fields.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct OciDocument {
    /// What an index lists.
    #[serde(default)]
    pub manifests: Option<Vec<Descriptor>>,
    /// The config of a manifest.
    #[serde(default)]
    pub config: Option<Descriptor>,
    /// The layers of a manifest, lowest first.
    #[serde(default)]
    pub layers: Option<Vec<Descriptor>>,
}

crate::json::read_from_objects!(OciDocument);
