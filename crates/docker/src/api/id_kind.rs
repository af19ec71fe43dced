//! The kind of digest that an engine uses as the id of an image.

use serde_json::Value;

/// The kind of digest that an engine uses as the id of an image.
///
/// The enum is exhaustive, because code that compares ids must handle each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdKind {
    /// The digest of the image's config: in Docker's classic store and in Podman.
    Config,
    /// The digest of the manifest or index that the tag points to: in a containerd store, where no
    /// call returns the digest of the config.
    Descriptor,
}

/// Returns the kind of id, given the name-value pairs that describe the engine's storage driver.
pub(crate) fn id_kind_of_driver(status: &Value) -> IdKind {
    let pairs = status.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_snapshotter = |pair: &Value| {
        pair[0] == "driver-type"
            && pair[1].as_str().is_some_and(|kind| kind.starts_with("io.containerd.snapshotter."))
    };
    if pairs.iter().any(is_snapshotter) { IdKind::Descriptor } else { IdKind::Config }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{IdKind, id_kind_of_driver};

    #[test]
    fn a_containerd_store_is_known_by_its_driver() {
        let containerd = json!([["driver-type", "io.containerd.snapshotter.v1"]]);
        assert_eq!(id_kind_of_driver(&containerd), IdKind::Descriptor);
        let classic = json!([["Backing Filesystem", "extfs"], ["Supports d_type", "true"]]);
        assert_eq!(id_kind_of_driver(&classic), IdKind::Config);
        assert_eq!(id_kind_of_driver(&json!(null)), IdKind::Config);
    }
}
