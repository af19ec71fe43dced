//! The description of an image in an engine, for comparisons with archives.

use sealift_archive::Contents;
use sealift_catalog::Wanted;
use sealift_docker::{Engine, EngineImage, IdKind, ImageManifest};
use sealift_filename::{Reference, TagError};
use sealift_oci::{Digest, Platform};
use serde_json::Value;

use crate::error::Error;
use crate::same_config::shows_the_same;

/// An image as the engine describes it.
#[derive(Debug, Clone)]
pub(crate) struct Inspected {
    /// The requested reference, `image:tag`.
    pub(crate) reference: Reference,
    /// The id that the engine reports. The kind of digest depends on the engine's store.
    pub(crate) engine_id: Digest,
    pub(crate) wanted: Wanted,
    /// The requested platform.
    pub(crate) asked: Option<Platform>,
    /// The platform to save, if the engine has the image for several.
    pub(crate) save_platform: Option<Platform>,
    /// The minimum size of a save in bytes. `None` for containerd stores, because their sizes count
    /// both compressed and unpacked layers.
    pub(crate) size: Option<u64>,
    settings: Value,
    created: Option<String>,
}

impl Inspected {
    /// Asks the engine to describe an image.
    pub(crate) async fn ask(
        engine: &Engine,
        reference: &Reference,
        platform: Option<&Platform>,
    ) -> Result<Self, Error> {
        let reference = tagged(reference)?;
        let Some(image) = engine.inspect(&reference.to_string()).await? else {
            return Err(not_found(engine, reference).await);
        };
        let choice = ManifestChoice::make(&image, platform, &reference)?;
        Ok(Self {
            engine_id: image.id,
            wanted: wanted(&reference, &image, &choice),
            reference,
            asked: platform.cloned(),
            save_platform: choice.save_platform,
            size: (image.id_kind == IdKind::Config && image.size > 0).then_some(image.size),
            settings: image.config,
            created: image.created,
        })
    }

    /// Creates a description of an image of which only the digest of the config is known.
    pub(crate) fn by_config(reference: Reference, config: Digest) -> Self {
        Self {
            engine_id: config,
            wanted: Wanted::new(
                reference.repository().clone(),
                reference.version_or_latest(),
                Platform { os: String::new(), architecture: String::new(), variant: None },
            )
            .with_config(config),
            reference,
            asked: None,
            save_platform: None,
            size: None,
            settings: Value::Null,
            created: None,
        }
    }

    /// Returns `true` if an archive contains the image that the engine described.
    ///
    /// The digests of the config, the manifests or the index decide. If the archive contains none
    /// of them, the images are the same if their layers, platform and settings are equal.
    pub(crate) fn is(&self, contents: &Contents) -> bool {
        let (wanted, identity) = (&self.wanted, contents.identity());
        let shows_the_same = || {
            shows_the_same(
                &self.settings,
                self.created.as_deref(),
                contents.settings(),
                identity.created.as_deref(),
            )
        };
        wanted.matches(identity)
            || wanted.config.is_none()
                && !wanted.diff_ids.is_empty()
                && wanted.diff_ids == identity.diff_ids
                && wanted.platform.matches(&identity.platform)
                && shows_the_same()
    }
}

/// The platform of an image that a call is about.
///
/// If the engine has the image for several platforms and none is requested, the call is refused. If
/// the engine's own platform were chosen, the other platforms would be lost silently.
struct ManifestChoice {
    platform: Platform,
    /// Whether the engine reports the layers and settings of this platform.
    is_shown: bool,
    save_platform: Option<Platform>,
}

impl ManifestChoice {
    fn make(
        image: &EngineImage,
        asked: Option<&Platform>,
        reference: &Reference,
    ) -> Result<Self, Error> {
        let shown = &image.platform;
        let mut there: Vec<&Platform> = Vec::new();
        for platform in image.manifests.iter().filter_map(|manifest| manifest.platform.as_ref()) {
            if !there.contains(&platform) {
                there.push(platform);
            }
        }
        let is_one_of_several = there.len() > 1;
        let platforms = || there.iter().copied().cloned().collect::<Vec<_>>();
        let wanted = match asked {
            Some(asked) => asked,
            None if is_one_of_several => {
                return Err(Error::SeveralPlatforms {
                    image: reference.clone(),
                    platforms: platforms(),
                });
            }
            None => shown,
        };
        let found = there.iter().find(|there| there.matches(wanted));
        let is_shown = shown.matches(wanted);
        if found.is_none() && !is_shown {
            return Err(Error::OtherPlatform {
                image: reference.clone(),
                found: if there.is_empty() { vec![shown.clone()] } else { platforms() },
                wanted: Box::new(wanted.clone()),
            });
        }
        Ok(Self {
            platform: found.map_or_else(|| wanted.clone(), |&found| found.clone()),
            is_shown,
            save_platform: found.filter(|_| is_one_of_several).copied().cloned(),
        })
    }

    /// Returns `true` if a manifest is for this platform. A manifest without a platform is the only
    /// one of its image.
    fn is_of(&self, manifest: &ImageManifest) -> bool {
        manifest.platform.as_ref().is_none_or(|of| of.matches(&self.platform))
    }
}

/// Returns a reference with an explicit tag, which is `latest` if it has none.
pub(crate) fn tagged(reference: &Reference) -> Result<Reference, TagError> {
    Reference::new(reference.repository().clone(), Some(reference.version_or_latest()))
}

fn wanted(reference: &Reference, image: &EngineImage, choice: &ManifestChoice) -> Wanted {
    let is_config = image.id_kind == IdKind::Config;
    let mut manifests: Vec<Digest> = image
        .manifests
        .iter()
        .filter(|manifest| choice.is_of(manifest))
        .map(|manifest| manifest.digest)
        .collect();
    if !is_config && image.manifests.is_empty() {
        // If the engine lists no manifests, its id is the digest of the only manifest, or of an
        // index.
        manifests.push(image.id);
    }
    let (repository, version) = (reference.repository().clone(), reference.version_or_latest());
    Wanted::new(repository, version, choice.platform.clone())
        .with_config(is_config.then_some(image.id))
        .with_manifests(manifests)
        .with_index((!is_config).then_some(image.id))
        .with_diff_ids(if choice.is_shown { image.diff_ids.clone() } else { Vec::new() })
}

async fn not_found(engine: &Engine, image: Reference) -> Error {
    // The list is only needed for a hint, so errors are ignored.
    let images = engine.list().await.unwrap_or_default();
    let tags = images
        .into_iter()
        .flat_map(|image| image.repo_tags)
        .filter_map(|tag| {
            let reference = Reference::parse(&tag).ok()?;
            (reference.repository() == image.repository()).then_some(tag)
        })
        .collect();
    Error::ImageNotFound { image, endpoint: engine.endpoint().to_string(), tags }
}
