//! Checking whether an engine has a complete image, and tagging it.

use std::time::Duration;

use sealift_docker::{Engine, EngineImage, ErrorKind, IdKind, ImageManifest, ImageSummary};
use sealift_filename::Reference;
use sealift_oci::Digest;

use crate::error::Error;

/// The digests that an engine can use as the id of an image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) config: Digest,
    pub(crate) manifest: Digest,
}

impl Expected {
    fn is(&self, image: &EngineImage) -> bool {
        match image.id_kind {
            IdKind::Config => image.id == self.config,
            IdKind::Descriptor => shows_manifest(image, self.manifest),
        }
    }
}

/// Returns `true` if an image in a containerd store has this manifest.
pub(crate) fn shows_manifest(image: &EngineImage, manifest: Digest) -> bool {
    image.id_kind == IdKind::Descriptor
        && (image.id == manifest || image.manifests.iter().any(|it| it.digest == manifest))
}

/// The time limit for a removal after a cancellation.
const REMOVAL: Duration = Duration::from_secs(10);

/// The number of attempts to list images. A list fails while an image is being removed from a
/// containerd store.
const ATTEMPTS: usize = 3;

/// Returns the id of an image in an engine, or `None` if the engine does not have the complete
/// image.
///
/// A containerd store lists an image with missing layers as not available, or not at all. An
/// inspect request can still succeed for such an image, so the list decides.
pub(crate) async fn whole(engine: &Engine, expected: Expected) -> Result<Option<Digest>, Error> {
    let is_config = |image: &EngineImage| image.id_kind == IdKind::Config;
    if let Some(image) = engine.inspect(&expected.config.to_string()).await?
        && is_config(&image)
    {
        return Ok((image.id == expected.config).then_some(expected.config));
    }
    let is_manifest = |manifest: &ImageManifest| manifest.digest == expected.manifest;
    let is_whole = match list_all(engine).await {
        Ok(images) => images.iter().any(|summary| match &summary.manifests {
            Some(manifests) => manifests.iter().any(is_manifest),
            None => summary.id_kind == IdKind::Descriptor && summary.id == expected.manifest,
        }),
        // A list can fail because of another image. Then the manifests of this image decide, if the
        // engine reports them.
        Err(error) => {
            let image = engine.inspect(&expected.manifest.to_string()).await?;
            let is_whole = image.is_some_and(|image| image.manifests.iter().any(is_manifest));
            is_whole.then_some(true).ok_or(error)?
        }
    };
    Ok(is_whole.then_some(expected.manifest))
}

async fn list_all(engine: &Engine) -> Result<Vec<ImageSummary>, Error> {
    for _ in 1..ATTEMPTS {
        match engine.list_all().await {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Refused) => {}
            listed => return Ok(listed?),
        }
    }
    Ok(engine.list_all().await?)
}

/// Tags an image. Returns `true` if the engine has the expected image under the name afterwards.
pub(crate) async fn name(
    engine: &Engine,
    id: Digest,
    expected: Expected,
    reference: &Reference,
) -> Result<bool, Error> {
    let (id, name) = (id.to_string(), reference.to_string());
    let tag = reference.version_or_latest().to_tag()?;
    let repository = reference.repository();
    // The name includes the registry, because Podman would otherwise add `localhost/`. The short
    // name is used if Podman already has an image with this name below `localhost/`, because it
    // would continue to resolve the short name to that image.
    let repository = match engine.is_podman().await? && is_local(engine, &name).await? {
        true => repository.clone(),
        false => repository.qualified(),
    };
    engine.tag(&id, repository.as_str(), &tag).await?;
    Ok(engine.inspect(&name).await?.is_some_and(|image| expected.is(&image)))
}

/// Returns `true` if Podman resolves this name to an image below `localhost/`.
async fn is_local(engine: &Engine, name: &str) -> Result<bool, Error> {
    let local = format!("localhost/{name}");
    Ok(engine.inspect(name).await?.is_some_and(|image| image.repo_tags.contains(&local)))
}

/// Removes an incomplete image without a name. Errors are ignored, because the load has already
/// failed.
pub(crate) async fn remove_incomplete(engine: &Engine, expected: Expected) {
    let id = expected.manifest.to_string();
    let removal = async {
        let image = engine.inspect(&id).await.ok()??;
        let is_nameless = image.id == expected.manifest && image.repo_tags.is_empty();
        (is_nameless && whole(engine, expected).await.ok()?.is_none()).then_some(())?;
        engine.remove(&id).await.ok()
    };
    let _ = tokio::time::timeout(REMOVAL, removal).await;
}
