//! The JSON inside archives, as far as it is read.
//!
//! Sources: the image specification v1.2 of Docker (`manifest.json`), the OCI image specification 1.1
//! (index, manifest, config, layout).

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::Platform;

/// An image in `manifest.json`, the list that every writer but OCI-only ones puts in.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub(crate) struct ListedImage {
    pub(crate) config: String,
    #[serde(default)]
    pub(crate) repo_tags: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) layers: Option<Vec<String>>,
}

/// An OCI index or manifest; Docker's manifest list and schema 2 manifest have the same fields.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct OciDocument {
    #[serde(default)]
    pub(crate) manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    pub(crate) config: Option<Descriptor>,
    #[serde(default)]
    pub(crate) layers: Option<Vec<Descriptor>>,
}

/// A pointer to content by its digest.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    #[serde(default)]
    pub(crate) size: Option<u64>,
    #[serde(default)]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) platform: Option<DescribedPlatform>,
}

#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct DescribedPlatform {
    #[serde(default)]
    pub(crate) os: String,
    #[serde(default)]
    pub(crate) architecture: String,
}

impl Descriptor {
    /// Returns `true` if this points to an image's config, and not to that of some other artifact.
    pub(crate) fn is_image_config(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "application/vnd.oci.image.config.v1+json"
                | "application/vnd.docker.container.image.v1+json"
        )
    }

    /// Tells whether this points to a statement about an image instead of an image: BuildKit adds
    /// such manifests, for the platform `unknown/unknown`.
    pub(crate) fn is_attestation(&self) -> bool {
        let named = self.annotation("vnd.docker.reference.type") == Some("attestation-manifest");
        let unknown = self
            .platform
            .as_ref()
            .is_some_and(|platform| platform.os == "unknown" && platform.architecture == "unknown");
        named || unknown
    }

    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    pub(crate) fn target(&self) -> Target {
        match self.media_type.as_str() {
            "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json" => Target::Index,
            "application/vnd.oci.image.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v2+json" => Target::Manifest,
            _ => Target::Unknown,
        }
    }
}

/// What a descriptor of an index points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Index,
    Manifest,
    Unknown,
}

/// An object of which nothing is read.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Anything {}

/// The file that marks an OCI layout.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct OciLayout {
    pub(crate) image_layout_version: String,
}

/// An image's config file.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct ImageConfig {
    #[serde(default)]
    pub(crate) architecture: Option<String>,
    #[serde(default)]
    pub(crate) os: Option<String>,
    #[serde(default)]
    pub(crate) variant: Option<String>,
    #[serde(default)]
    pub(crate) created: Option<String>,
    /// What a container of the image starts with.
    #[serde(default)]
    pub(crate) config: serde_json::Value,
    #[serde(default)]
    pub(crate) rootfs: Option<RootFs>,
}

impl ImageConfig {
    /// Returns what the image runs on.
    pub(crate) fn platform(&self) -> Platform {
        let said = |text: &Option<String>, else_: &str| {
            text.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| else_.to_owned())
        };
        Platform {
            os: said(&self.os, "linux"),
            architecture: said(&self.architecture, "unknown"),
            variant: self.variant.clone().filter(|variant| !variant.is_empty()),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct RootFs {
    /// None in an image without layers, as some writers write it.
    #[serde(default)]
    pub(crate) diff_ids: Option<Vec<String>>,
}

/// Reads each of these from an object and from nothing else: serde takes a list of the fields' values too, engines do
/// not.
macro_rules! read_from_objects {
    ($($name:ident),*) => { $(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object;

                impl<'de> Visitor<'de> for Object {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(MapAccessDeserializer::new(map))
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }
    )* };
}

read_from_objects!(
    ListedImage,
    OciDocument,
    Descriptor,
    DescribedPlatform,
    Anything,
    OciLayout,
    ImageConfig,
    RootFs
);

/// A document, or a list of some, whose keys every reader takes for the same.
///
/// Engines are written in Go, whose readers of JSON take `config` for `Config` too, and of both the last one.
#[derive(Debug)]
pub(crate) struct UnambiguousKeys;

impl<'de> Deserialize<'de> for UnambiguousKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor { depth: 0 })
    }
}

/// What stands in a list of documents.
struct Listed;

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor { depth: 1 }).map(|_| Self)
    }
}

struct KeyVisitor {
    depth: usize,
}

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = UnambiguousKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(UnambiguousKeys)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            // Both, as there are letters that only one of them makes the same.
            if !seen.insert(key.to_uppercase().to_lowercase()) {
                return Err(A::Error::custom(format_args!("it has two keys {key:?}")));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(UnambiguousKeys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        match self.depth {
            0 => while list.next_element::<Listed>()?.is_some() {},
            _ => while list.next_element::<IgnoredAny>()?.is_some() {},
        }
        Ok(UnambiguousKeys)
    }
}
