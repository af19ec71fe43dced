//! The file `oci-layout`.

use serde::Deserialize;

/// The file that marks an OCI layout and states its version.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct OciLayout {
    /// The version of the layout.
    pub image_layout_version: String,
}

crate::json::read_from_objects!(OciLayout);
