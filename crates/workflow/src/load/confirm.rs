//! Makes sure that an engine has a whole image, and gives it its name.

use std::time::Duration;

use sealift_docker::{Engine, EngineImage, ErrorKind, IdKind, ImageManifest, ImageSummary};
use sealift_filename::Reference;
use sealift_oci::Digest;

use crate::error::Error;

/// The digests by which an engine can know an image.
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

/// How long a removal may take after an interrupt.
const REMOVAL: Duration = Duration::from_secs(10);

/// How often a list is asked for. It fails while an image is being removed from a containerd store.
const ATTEMPTS: usize = 3;

/// Returns the id by which an engine has an image, if it has all of it.
///
/// A containerd store lists an image whose layers are incomplete as not available, or not at all.
/// It may well answer an inspect of it.
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
        // What is wrong with another image does not matter if the engine states the manifests of
        // this one.
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

/// Names an image that the engine has. Returns `true` if the engine has the image under its name
/// now.
pub(crate) async fn name(
    engine: &Engine,
    id: Digest,
    expected: Expected,
    reference: &Reference,
) -> Result<bool, Error> {
    let (id, name) = (id.to_string(), reference.to_string());
    let tag = reference.version_or_latest().to_tag()?;
    let repository = reference.repository();
    // With the registry, so that Podman does not put it below `localhost/`, unless an image there
    // has the short name: Podman finds no other one by it.
    let repository = match engine.is_podman().await? && is_local(engine, &name).await? {
        true => repository.clone(),
        false => repository.qualified(),
    };
    engine.tag(&id, repository.as_str(), &tag).await?;
    Ok(engine.inspect(&name).await?.is_some_and(|image| expected.is(&image)))
}

/// Returns `true` if Podman finds an image below `localhost/` by this name.
async fn is_local(engine: &Engine, name: &str) -> Result<bool, Error> {
    let local = format!("localhost/{name}");
    Ok(engine.inspect(name).await?.is_some_and(|image| image.repo_tags.contains(&local)))
}

/// Removes an image without a name that is not complete, as far as the engine does so. Nothing is
/// reported, since the load has failed already.
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
