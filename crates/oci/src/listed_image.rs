//! `manifest.json`, the list of images in an archive of the Docker format.

use serde::Deserialize;

/// An image in `manifest.json`. All writers add this list, except those of plain OCI layouts.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
#[non_exhaustive]
pub struct ListedImage {
    /// The name of the config file in the archive.
    pub config: String,
    /// The names and tags of the image.
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    /// The names of the layers in the archive, lowest first.
    #[serde(default)]
    pub layers: Option<Vec<String>>,
}

crate::json::read_from_objects!(ListedImage);
