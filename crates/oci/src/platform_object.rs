//! Platforms as descriptors state them.

use serde::{Deserialize, Serialize};

use crate::platform::Platform;

/// A platform as descriptors and the Docker API state it: an object, where [`Platform`] is a text.
///
/// ```
/// use sealift_oci::{Platform, PlatformObject};
///
/// let platform: Platform = "linux/arm64/v8".parse()?;
/// let json = serde_json::json!(PlatformObject::from(&platform));
/// assert_eq!(json.to_string(), r#"{"architecture":"arm64","os":"linux","variant":"v8"}"#);
/// # Ok::<(), sealift_oci::ParsePlatformError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct PlatformObject {
    /// The processor, empty if it isn't stated.
    #[serde(default)]
    pub architecture: String,
    /// The operating system, empty if it isn't stated.
    #[serde(default)]
    pub os: String,
    /// The processor's variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

crate::json::read_from_objects!(PlatformObject);

impl Serialize for PlatformObject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl From<&Platform> for PlatformObject {
    fn from(platform: &Platform) -> Self {
        Self {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
        }
    }
}
