//! Looks an image up in the engine.
//!
//! This call does not use bollard: version 0.21 has no option for `manifests=1`, and its model of
//! an image drops unknown fields of the config.

use crate::api::engine::Engine;
use crate::api::id_kind::{IdKind, id_kind_of_driver};
use crate::api::image::EngineImage;
use crate::api::query::Query;
use crate::api::reference::checked;
use crate::discover::api_version::ApiVersion;
use crate::error::Error;
use crate::failure::Failure;

impl Engine {
    /// Returns an image, or `None` if the engine does not have it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    pub async fn inspect(&self, reference: &str) -> Result<Option<EngineImage>, Error> {
        let operation = self.operation(format!("inspect `{reference}` in"), Some(reference));
        let limit = self.transport.timeouts.call;
        let answer = self.transport.within(limit, async {
            let path = format!("/images/{}/json", checked(reference)?);
            let version = self.transport.api().await?.version;
            let mut query = Query::default();
            if version.is_some_and(|version| version >= ApiVersion::WITH_MANIFESTS) {
                query.add_flag("manifests", true);
            }
            self.transport.get_object(&query.on(&path)).await
        });
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(Failure::NotFound { .. }) => return Ok(None),
            Err(failure) => return Err(operation.fail(failure)),
        };
        let id_kind = self.id_kind(answer["Descriptor"]["digest"].is_string()).await;
        let image = EngineImage::read(&answer, id_kind);
        image.map(Some).map_err(|failure| operation.fail(failure))
    }

    /// Returns the kind of the id that the engine shows for an image.
    ///
    /// Since API 1.48, an answer contains a descriptor if the id is the digest of one. Docker 23 to
    /// 27 can have a containerd store without reporting descriptors, and so can newer engines in an
    /// older version of the API. Only the engine's description of itself distinguishes these
    /// stores; it is requested once.
    pub(crate) async fn id_kind(&self, has_descriptor: bool) -> IdKind {
        if has_descriptor {
            return IdKind::Descriptor;
        }
        let Ok(api) = self.transport.api().await else { return IdKind::Config };
        let has_containerd_store =
            api.newest.is_some_and(|newest| newest >= ApiVersion::WITH_CONTAINERD_STORE);
        let shows_descriptors =
            api.version.is_some_and(|version| version >= ApiVersion::WITH_MANIFESTS);
        if api.is_podman || !has_containerd_store || shows_descriptors {
            return IdKind::Config;
        }
        let asked = self.id_kind.get_or_try_init(|| async {
            let limit = self.transport.timeouts.call;
            let info = self.transport.within(limit, self.transport.get_object("/info")).await?;
            Ok::<_, Failure>(id_kind_of_driver(&info["DriverStatus"]))
        });
        // If a proxy forbids this call, assume a classic store, which such proxies usually protect.
        // A wrong guess is detected when the image is saved.
        asked.await.copied().unwrap_or(IdKind::Config)
    }
}
