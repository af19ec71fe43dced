//! Strict parsing of the documents in archives, so that an engine cannot read a different image
//! from the same bytes.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// The error of parsing a document.
#[derive(Debug, thiserror::Error)]
#[error("the JSON document is not valid: {0}")]
pub struct ParseDocumentError(serde_json::Error);

impl ParseDocumentError {
    /// Returns the reason, with the line and the column.
    pub fn reason(&self) -> String {
        self.0.to_string()
    }
}

/// Parses one of this crate's documents, or a list of them.
///
/// It refuses objects with two keys that are equal or differ only in case, and lists instead of
/// objects, because readers disagree on their meaning.
///
/// ```
/// use sealift_oci::{ImageConfig, parse_document};
///
/// let config: ImageConfig = parse_document(br#"{"architecture": "arm64", "os": "linux"}"#)?;
/// assert_eq!(config.platform().to_string(), "linux/arm64");
/// assert!(parse_document::<ImageConfig>(br#"{"os": "linux", "OS": "windows"}"#).is_err());
/// # Ok::<(), sealift_oci::ParseDocumentError>(())
/// ```
pub fn parse_document<T: DeserializeOwned>(json: &[u8]) -> Result<T, ParseDocumentError> {
    let UnambiguousKeys = serde_json::from_slice(json).map_err(ParseDocumentError)?;
    serde_json::from_slice(json).map_err(ParseDocumentError)
}

/// An object whose fields are ignored.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
pub struct AnyObject {}

read_from_objects!(AnyObject);

/// Implements `Deserialize` so that only an object is accepted. The implementation that serde
/// derives also accepts a list of the fields' values, which engines do not accept.
macro_rules! read_from_objects {
    ($($name:ident),*) => { $(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object;

                impl<'de> serde::de::Visitor<'de> for Object {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }
    )* };
}

/// Implements `Serialize` for a type with [`read_from_objects`]. Its attribute `remote = "Self"`
/// makes serde derive an inherent function instead of the trait.
macro_rules! write_as_object {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // This calls the inherent function, not the trait's.
                $name::serialize(self, serializer)
            }
        }
    };
}

pub(crate) use {read_from_objects, write_as_object};

/// Serializes a document whose keys are all strings.
pub(crate) fn to_json<T: serde::Serialize>(document: &T) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "only maps with keys that are not strings can fail")]
    serde_json::to_vec(document).expect("every document can be written as JSON")
}

/// The schema version of documents. Only version 2 is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SchemaVersion;

impl serde::Serialize for SchemaVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(2)
    }
}

impl<'de> Deserialize<'de> for SchemaVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            2 => Ok(Self),
            other => Err(D::Error::custom(format_args!(
                "the schema version is {other}; only 2 is supported"
            ))),
        }
    }
}

/// An object, or a list of objects, whose keys are unambiguous.
///
/// Engines are written in Go, whose JSON parser ignores the case of keys and uses the last of
/// several equal ones. They would therefore read a document with both `config` and `Config`
/// differently from this crate.
struct UnambiguousKeys;

impl<'de> Deserialize<'de> for UnambiguousKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor { depth: 0 })
    }
}

/// An item in a list of documents.
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
            // Both conversions are needed, because some letters become equal only by one of them.
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
