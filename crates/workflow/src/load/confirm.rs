//! Makes sure that an engine has a whole image, and gives it its name.

use sealift_docker::{Engine, EngineImage, IdKind};
use sealift_filename::{Reference, Repository};
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

/// Returns the id by which an engine has an image, if it has all of it.
///
/// A containerd store lists an image whose layers are incomplete as not available, or not at all. It
/// may well answer an inspect of it.
pub(crate) async fn whole(engine: &Engine, expected: Expected) -> Result<Option<Digest>, Error> {
    let is_config = |image: &EngineImage| image.id_kind == IdKind::Config;
    if let Some(image) = engine.inspect(&expected.config.to_string()).await?
        && is_config(&image)
    {
        return Ok((image.id == expected.config).then_some(expected.config));
    }
    let is_whole = engine.list_all().await?.iter().any(|summary| match &summary.manifests {
        Some(manifests) => manifests.iter().any(|it| it.digest == expected.manifest),
        None => summary.id_kind == IdKind::Descriptor && summary.id == expected.manifest,
    });
    Ok(is_whole.then_some(expected.manifest))
}

/// Names an image that the engine has. Returns `true` if the engine has the image under its name now.
pub(crate) async fn name(
    engine: &Engine,
    id: Digest,
    expected: Expected,
    reference: &Reference,
) -> Result<bool, Error> {
    let (id, name) = (id.to_string(), reference.to_string());
    let tag = reference.version_or_latest().to_tag()?;
    // With the registry, so that Podman does not put it below `localhost/`, unless an image there has
    // the short name.
    let repository = reference.repository();
    let names: [Repository; 2] = [repository.qualified(), repository.clone()];
    for repository in names {
        engine.tag(&id, repository.as_str(), &tag).await?;
        if engine.inspect(&name).await?.is_some_and(|image| expected.is(&image)) {
            return Ok(true);
        }
    }
    Ok(false)
}
