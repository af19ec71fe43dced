//! The facts about an object, without its content.

use std::fmt;

use sealift_oci::Digest;

use crate::key::Key;

/// An entity tag (RFC 9110, section 8.8.3): a text that changes when the content of an object
/// changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Etag(Box<str>);

impl Etag {
    /// Creates a tag from the text that a server sent, including quotes.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text that the server sent, including quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if two objects with this tag are always the same byte for byte, so that
    /// ranges of them can be joined.
    pub fn is_strong(&self) -> bool {
        !self.0.starts_with("W/")
    }

    /// Returns `true` if two tags are the same, regardless of whether they are weak.
    #[cfg(feature = "web")]
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.0.trim_start_matches("W/") == other.0.trim_start_matches("W/")
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The facts about an object, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// The size in bytes, or `None` if the server does not state it.
    pub size: Option<u64>,
    /// The entity tag, if the server states one.
    pub etag: Option<Etag>,
    /// The SHA-256 of the content, which its publisher stored with
    /// [`PutOptions`](crate::PutOptions). Only buckets keep it. It has not been verified.
    pub sha256: Option<Digest>,
}

impl Object {
    /// Creates an object without any facts.
    #[must_use]
    pub(crate) fn unknown() -> Self {
        Self { size: None, etag: None, sha256: None }
    }
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The path of the object.
    pub key: Key,
    /// The size in bytes.
    pub size: u64,
}

impl Entry {
    /// Creates the entry of an object.
    pub fn new(key: Key, size: u64) -> Self {
        Self { key, size }
    }
}
