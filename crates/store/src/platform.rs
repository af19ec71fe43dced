//! When two platforms are the same.

use sealift_archive::Platform;

/// Leaves out a variant that goes without saying, so that platforms can be compared: builders differ
/// in whether they write it (`arm64` and `arm64/v8`, `arm` and `arm/v7`, `amd64` and `amd64/v1`).
pub(crate) fn normalize(platform: &Platform) -> Platform {
    let implied = match platform.architecture.as_str() {
        "arm64" => Some("v8"),
        "arm" => Some("v7"),
        "amd64" => Some("v1"),
        _ => None,
    };
    let variant = platform.variant.as_deref().filter(|variant| Some(*variant) != implied);
    Platform {
        os: platform.os.clone(),
        architecture: platform.architecture.clone(),
        variant: variant.map(str::to_owned),
    }
}

/// Tells whether both are the same platform, a variant that goes without saying left out.
///
/// ```
/// use sealift_store::is_same_platform;
///
/// let parse = |text: &str| text.parse().unwrap();
/// assert!(is_same_platform(&parse("linux/arm64"), &parse("linux/arm64/v8")));
/// assert!(!is_same_platform(&parse("linux/arm/v6"), &parse("linux/arm/v7")));
/// ```
pub fn is_same_platform(left: &Platform, right: &Platform) -> bool {
    normalize(left) == normalize(right)
}
