//! Descriptors, which refer to content by its digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Platform;
use crate::platform_object::{self, PlatformObject};

/// A reference to content: its media type, digest and size.
///
/// ```
/// use sealift_oci::{Descriptor, media_type};
///
/// let config = Descriptor::of(media_type::IMAGE_CONFIG, b"{}");
/// assert_eq!(config.size, 2);
/// assert_eq!(
///     serde_json::to_string(&config)?,
///     r#"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct Descriptor {
    /// The media type of the content.
    pub media_type: String,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes.
    pub size: u64,
    /// The platform of the image to which this refers.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "platform_object::optional")]
    pub platform: Option<Platform>,
    /// Additional information about the content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

crate::json::read_from_objects!(Descriptor);
crate::json::write_as_object!(Descriptor);

impl Descriptor {
    /// Creates a descriptor of content with this digest and this size in bytes.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            platform: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Creates a descriptor of content in memory.
    pub fn of(media_type: impl Into<String>, content: &[u8]) -> Self {
        Self::new(media_type, Digest::of(content), content.len() as u64)
    }

    /// Sets the platform of the image to which this refers.
    #[must_use]
    pub fn with_platform(self, platform: Platform) -> Self {
        Self { platform: Some(platform), ..self }
    }

    /// Adds an annotation.
    #[must_use]
    pub fn with_annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Returns `true` if this refers to an attestation instead of an image. BuildKit adds manifests
    /// with attestations for the platform `unknown/unknown`.
    pub fn is_attestation(&self) -> bool {
        let platform = self.platform.as_ref().map(PlatformObject::from);
        states_attestation(Some(&self.annotations), platform.as_ref())
    }
}

pub(crate) fn states_attestation(
    annotations: Option<&BTreeMap<String, String>>,
    platform: Option<&PlatformObject>,
) -> bool {
    let kind = annotations.and_then(|annotations| annotations.get("vnd.docker.reference.type"));
    kind.is_some_and(|kind| kind == "attestation-manifest")
        || platform
            .is_some_and(|platform| platform.os == "unknown" && platform.architecture == "unknown")
}
