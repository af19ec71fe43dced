//! Which digest of an image an engine shows as its id.

use serde_json::Value;

use crate::api::engine::Engine;
use crate::discover::api_version::ApiVersion;

/// What the id is the digest of that an engine shows for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdKind {
    /// The image's config: on Docker's classic store, and in Podman.
    Config,
    /// The descriptor that the tag points to, of a manifest or an index: on the containerd store. No call
    /// tells the config's digest there.
    Descriptor,
}

impl Engine {
    /// Tells of which kind the id is that the engine shows for an image.
    ///
    /// Since API 1.48 the answer itself tells, by having a descriptor. Docker 23 to 27 can have a containerd store all the same,
    /// and so can newer ones that are asked in an older version of the API; then only what the engine says of itself tells, and
    /// it is asked once.
    pub(crate) async fn id_kind(&self, has_descriptor: bool) -> IdKind {
        if has_descriptor {
            return IdKind::Descriptor;
        }
        let Ok(dialect) = self.transport.dialect().await else { return IdKind::Config };
        let has_containerd_store =
            dialect.newest.is_some_and(|newest| newest >= ApiVersion::WITH_CONTAINERD_STORE);
        let shows_descriptors =
            dialect.version.is_some_and(|version| version >= ApiVersion::WITH_MANIFESTS);
        if dialect.is_podman || !has_containerd_store || shows_descriptors {
            return IdKind::Config;
        }
        let asked = self.transport.id_kind.get_or_try_init(|| async {
            let limit = self.transport.timeouts.call;
            let info = self.transport.within(limit, self.transport.get_object("/info")).await?;
            Ok::<_, crate::failure::Failure>(id_kind_of_driver(&info["DriverStatus"]))
        });
        // A proxy that lets nobody ask this stands before a classic store most of the time; and what is
        // taken for a config's digest wrongly is found out when the image is saved.
        asked.await.copied().unwrap_or(IdKind::Config)
    }
}

/// Reads the engine's list of pairs about its storage driver.
fn id_kind_of_driver(status: &Value) -> IdKind {
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
