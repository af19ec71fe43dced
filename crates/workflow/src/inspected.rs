//! What the engine says of an image, in the words of the folder.

use sealift_archive::{Digest, Identity, Platform};
use sealift_docker::{Engine, EngineImage};
use sealift_filename::{Reference, Repository, Version};
use sealift_store::{Wanted, is_same_platform};

use crate::Error;

/// An image of a call, as the engine shows it.
#[derive(Debug, Clone)]
pub(crate) struct Inspected {
    /// What the caller asked for, `image:tag`.
    pub(crate) reference: String,
    /// The id that the engine shows, whatever kind of digest that is.
    pub(crate) engine_id: String,
    pub(crate) wanted: Wanted,
}

impl Inspected {
    /// Asks the engine.
    pub(crate) async fn ask(
        engine: &Engine,
        reference: &Reference,
        platform: Option<&Platform>,
    ) -> Result<Self, Error> {
        let version = reference.version().cloned().unwrap_or_else(|| Version::new("latest"));
        let text = with_version(reference.repository(), &version);
        let Some(image) = engine.inspect(&text).await? else {
            return Err(not_found(engine, reference.repository(), text).await);
        };
        let inspected = Self {
            engine_id: image.id.clone(),
            wanted: wanted(reference.repository().clone(), version, &image),
            reference: text,
        };
        match platform {
            Some(platform) if !is_same_platform(platform, &inspected.wanted.platform) => {
                Err(Error::OtherPlatform {
                    image: inspected.reference,
                    found: inspected.wanted.platform.to_string(),
                    wanted: platform.to_string(),
                })
            }
            _ => Ok(inspected),
        }
    }

    /// Tells whether what the engine sent is what it had shown: by config or manifest digest, and only
    /// where the engine shows neither, by the layers.
    pub(crate) fn is(&self, identity: &Identity) -> bool {
        if self.wanted.is(identity) {
            return true;
        }
        let by_manifest = self.engine_id.parse::<Digest>().is_ok_and(|digest| {
            identity.manifests.contains(&digest) || identity.indexes.contains(&digest)
        });
        let layers_agree =
            !self.wanted.diff_ids.is_empty() && self.wanted.diff_ids == identity.diff_ids;
        self.wanted.config.is_none()
            && is_same_platform(&self.wanted.platform, &identity.platform)
            && (by_manifest || layers_agree)
    }
}

/// Writes a reference as engines know it.
pub(crate) fn with_version(repository: &Repository, version: &Version) -> String {
    // A version of a `Reference` can always be a tag; one from a folder is checked where it is used.
    let tag = version.to_tag().unwrap_or_else(|_| version.to_string());
    format!("{repository}:{tag}")
}

fn wanted(repository: Repository, version: Version, image: &EngineImage) -> Wanted {
    let digests = |texts: &[String]| texts.iter().filter_map(|text| text.parse().ok()).collect();
    Wanted {
        repository,
        version,
        // On the containerd store the id is that of a manifest or an index, and no call tells the
        // config's.
        config: if id_is_config(image) { digest_of_id(&image.id) } else { None },
        manifests: digests(&image.manifests),
        diff_ids: digests(&image.diff_ids),
        platform: Platform {
            os: image.os.clone(),
            architecture: image.architecture.clone(),
            variant: image.variant.clone(),
        },
    }
}

/// Tells whether the id that the engine shows is the digest of the image's config: so it is on Docker's
/// classic store and in Podman. The containerd store shows the digest of the descriptor instead.
pub(crate) fn id_is_config(image: &EngineImage) -> bool {
    image.descriptor_digest.is_none()
}

/// Reads an engine's id; Podman writes it without the algorithm here and there.
pub(crate) fn digest_of_id(id: &str) -> Option<Digest> {
    id.parse().ok().or_else(|| Digest::from_hex(id))
}

async fn not_found(engine: &Engine, repository: &Repository, image: String) -> Error {
    // Only for a hint, so that an error here is none.
    let images = engine.list().await.unwrap_or_default();
    let tags = images
        .into_iter()
        .flat_map(|image| image.repo_tags)
        .filter_map(|tag| {
            let reference = Reference::parse(&tag).ok()?;
            (reference.repository().familiar() == repository.familiar()).then_some(tag)
        })
        .collect();
    Error::ImageNotFound { image, endpoint: engine.endpoint().to_string(), tags }
}
