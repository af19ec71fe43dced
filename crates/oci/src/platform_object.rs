//! Platforms in the form of JSON objects.

use serde::{Deserialize, Serialize};

use crate::platform::{ParsePlatformError, Platform};

/// A platform as a JSON object, the form of descriptors and of the Docker API. [`Platform`]
/// serializes as a string instead.
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
#[non_exhaustive]
pub struct PlatformObject {
    /// The processor architecture. Empty if it is not stated.
    #[serde(default)]
    pub architecture: String,
    /// The operating system. Empty if it is not stated.
    #[serde(default)]
    pub os: String,
    /// The variant of the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

crate::json::read_from_objects!(PlatformObject);

crate::json::write_as_object!(PlatformObject);

impl From<&Platform> for PlatformObject {
    fn from(platform: &Platform) -> Self {
        Self {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
        }
    }
}

impl TryFrom<PlatformObject> for Platform {
    type Error = ParsePlatformError;

    fn try_from(object: PlatformObject) -> Result<Self, Self::Error> {
        let PlatformObject { architecture, os, variant } = object;
        let variant = variant.filter(|variant| !variant.is_empty());
        Platform { os, architecture, variant }.to_string().parse()
    }
}

/// Serde functions for an optional platform in the form of an object.
pub(crate) mod optional {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::{Platform, PlatformObject};

    pub(crate) fn serialize<S: Serializer>(
        platform: &Option<Platform>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        platform.as_ref().map(PlatformObject::from).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Platform>, D::Error> {
        let object = Option::<PlatformObject>::deserialize(deserializer)?;
        object.map(Platform::try_from).transpose().map_err(serde::de::Error::custom)
    }
}
