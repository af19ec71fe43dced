//! An image, as the metadata of an archive describes it.

/// An image in an archive, described by the names of its entries.
pub(crate) struct Image {
    pub(crate) config_name: String,
    pub(crate) layer_names: Vec<String>,
    /// The layers of further entries of `manifest.json` with the same config.
    pub(crate) other_layer_names: Vec<Vec<String>>,
    pub(crate) repo_tags: Vec<String>,
    /// The document that names the entries.
    pub(crate) named_by: &'static str,
}
