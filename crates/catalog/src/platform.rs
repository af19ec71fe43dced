//! When two platforms are the same.

use sealift_archive::Platform;

/// Tells whether both are the same platform, a variant that goes without saying left out.
///
/// ```
/// use sealift_catalog::is_same_platform;
///
/// let parse = |text: &str| text.parse().unwrap();
/// assert!(is_same_platform(&parse("linux/arm64"), &parse("linux/arm64/v8")));
/// assert!(!is_same_platform(&parse("linux/arm/v6"), &parse("linux/arm/v7")));
/// ```
pub fn is_same_platform(left: &Platform, right: &Platform) -> bool {
    left.normalized() == right.normalized()
}
