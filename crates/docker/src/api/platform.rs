//! Platforms in the form of the engine's API.

use bollard::models::OciPlatform;
use sealift_oci::{Platform, PlatformObject};
use serde_json::Value;

/// Parses the platform of an inspected image, whose keys begin with a capital letter. A field that
/// the image's config leaves out is an empty string in the answer.
pub(crate) fn of_image(image: &Value) -> Platform {
    let shown = |key: &str, absent: &str| text(&image[key]).unwrap_or_else(|| absent.to_owned());
    Platform {
        os: shown("Os", "linux"),
        architecture: shown("Architecture", "unknown"),
        variant: text(&image["Variant"]),
    }
}

/// Parses the platform in a descriptor.
pub(crate) fn of_descriptor(platform: &Value) -> Option<Platform> {
    Some(Platform {
        os: text(&platform["os"])?,
        architecture: text(&platform["architecture"])?,
        variant: text(&platform["variant"]),
    })
}

/// Converts the platform in bollard's model of a descriptor.
pub(crate) fn of_model(platform: OciPlatform) -> Option<Platform> {
    let stated = |text: Option<String>| text.filter(|text| !text.is_empty());
    Some(Platform {
        os: stated(platform.os)?,
        architecture: stated(platform.architecture)?,
        variant: stated(platform.variant),
    })
}

/// Returns a platform in the JSON form that a request's query needs.
pub(crate) fn to_json(platform: &Platform) -> String {
    serde_json::json!(PlatformObject::from(platform)).to_string()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
