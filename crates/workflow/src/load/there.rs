//! Comparison of an image in an engine with the image in an archive.
//!
//! A load is skipped only if a digest is equal, or if the layers, the platform, the time of
//! creation and the settings are all equal; for the latter the archive is read. Layers alone are
//! not sufficient: a rebuild may have changed only an environment variable.

use sealift_archive::Contents;
use sealift_docker::{EngineImage, IdKind};
use sealift_oci::Identity;
use serde_json::Value;

use crate::same_config::shows_the_same;

/// The result of comparing an image in an engine with the identity of an archive's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// The image is the same: a digest is equal.
    Same,
    /// The image differs.
    Other,
    /// The layers and the platform are equal, but no digest decides. The settings must be compared.
    Settings,
}

/// Compares an image in an engine with the one in an archive, by digests, layers and platform.
pub(crate) fn compare(image: &EngineImage, identity: &Identity) -> Match {
    if has_digest_of(image, identity) {
        return Match::Same;
    }
    match image.id_kind == IdKind::Descriptor && has_layers_of(image, identity) {
        true => Match::Settings,
        false => Match::Other,
    }
}

/// Returns `true` if an image in an engine has the given settings and time of creation.
pub(crate) fn has_settings_of(
    image: &EngineImage,
    settings: &Value,
    created: Option<&str>,
) -> bool {
    shows_the_same(&image.config, image.created.as_deref(), settings, created)
}

/// Returns `true` if an image in an engine is the one that was just sent. If the image has no
/// layers, its settings and time of creation are also compared, because all such images have equal
/// layers.
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

/// Returns `true` if an image in an engine has the same config, or one of the same manifests.
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
