//! Which digest of an image an engine shows as its id.

use serde_json::Value;

/// What the id is the digest of that an engine shows for an image.
///
/// It is exhaustive, because a caller that compares ids has to decide for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdKind {
    /// The image's config: in Docker's classic store, and in Podman.
    Config,
    /// The descriptor that the tag points to, of a manifest or an index: in a containerd store. No
    /// call returns the config's digest there.
    Descriptor,
}

/// Reads the engine's list of pairs about its storage driver.
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
