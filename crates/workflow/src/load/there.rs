//! Whether an engine has an archive's image already.
//!
//! A load is skipped only if a digest agrees, or layers, platform, time of creation and settings
//! all agree; for the latter the archive is read once more. Layers alone would pass over a rebuild
//! that changed only an environment variable.

use sealift_archive::Contents;
use sealift_docker::{EngineImage, IdKind};
use sealift_oci::Identity;
use serde_json::Value;

use crate::same_config::shows_the_same;

/// What can be decided about an image in an engine by the identity of an archive's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is the image: a digest is the same.
    Same,
    /// It is another image.
    Other,
    /// No digest decides; layers and platform are the same. The settings have to be compared.
    Settings,
}

/// Compares an image in an engine with the one in an archive.
pub(crate) fn compare(image: &EngineImage, identity: &Identity) -> Match {
    if has_digest_of(image, identity) {
        return Match::Same;
    }
    match image.id_kind == IdKind::Descriptor && has_layers_of(image, identity) {
        true => Match::Settings,
        false => Match::Other,
    }
}

/// Returns `true` if the engine shows an image with the settings and the time of creation of an
/// archive's image.
pub(crate) fn has_settings_of(
    image: &EngineImage,
    settings: &Value,
    created: Option<&str>,
) -> bool {
    shows_the_same(&image.config, image.created.as_deref(), settings, created)
}

/// Returns `true` if an image that was just loaded is the one that was sent. Images without layers
/// all have the same layers, so that their settings and times of creation are compared, too.
pub(crate) fn is_sent(image: &EngineImage, contents: &Contents) -> bool {
    let identity = contents.identity();
    match compare(image, identity) {
        Match::Same => true,
        Match::Other => false,
        Match::Settings => {
            let created = identity.created.as_deref();
            !identity.diff_ids.is_empty() || has_settings_of(image, contents.settings(), created)
        }
    }
}

/// Returns `true` if an image in the engine has the config of this one, or one of its manifests.
fn has_digest_of(image: &EngineImage, identity: &Identity) -> bool {
    if image.id_kind == IdKind::Config {
        return image.id == identity.config;
    }
    let manifests = image.manifests.iter().map(|manifest| manifest.digest);
    manifests.chain([image.id]).any(|digest| identity.manifests.contains(&digest))
}

fn has_layers_of(image: &EngineImage, identity: &Identity) -> bool {
    image.platform.matches(&identity.platform) && image.diff_ids == identity.diff_ids
}
