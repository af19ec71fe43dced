//! The output of a build about its image.

use sealift_workflow::docker::Built;
use sealift_workflow::filename::Reference;
use serde_json::json;

/// Returns the line for an image, with the id of its archive and, if it differs, the id in the
/// engine.
pub(super) fn summary(image: &Reference, built: &Built) -> String {
    let engine_id = built.id.image_id();
    match &built.config {
        Some(config) if *config == built.id => format!("built {image}  {engine_id}"),
        Some(config) => {
            format!("built {image}  {}  (the engine shows {engine_id})", config.image_id())
        }
        None => format!(
            "built {image}  (the engine shows {engine_id}; `sealift update` prints the archive's id)"
        ),
    }
}

/// Returns the image as JSON.
pub(super) fn document(
    image: &Reference,
    images: &[Reference],
    built: &Built,
) -> serde_json::Value {
    json!({
        "image": image.repository(),
        "version": image.version_or_latest(),
        "id": built.config.map(|config| config.image_id()),
        "digest": built.config,
        "engine_id": built.id,
        "tags": images.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
