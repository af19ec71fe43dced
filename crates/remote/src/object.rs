//! What is known of an object without its content.

use std::fmt;

use sealift_oci::Digest;

use crate::key::Key;

/// An entity tag (RFC 9110, section 8.8.3): a text that changes with the content of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Etag(Box<str>);

impl Etag {
    /// Creates a tag from the text of a server, quotes included.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text of the server, quotes included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if objects with this tag are the same byte for byte, so that ranges of them
    /// can be joined.
    pub fn is_strong(&self) -> bool {
        !self.0.starts_with("W/")
    }

    /// Returns `true` if two tags are the same but for one being weak.
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

/// An object without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// The size in bytes; `None` if the server does not state it.
    pub size: Option<u64>,
    /// The entity tag, if the server has one.
    pub etag: Option<Etag>,
    /// The SHA-256 of the content as its publisher noted it in [`PutOptions`](crate::PutOptions).
    /// Only buckets keep it; it is a claim, not a proof.
    pub sha256: Option<Digest>,
}

impl Object {
    /// Creates an object of which nothing is known.
    #[must_use]
    pub(crate) fn unknown() -> Self {
        Self { size: None, etag: None, sha256: None }
    }
}

/// One object of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its path.
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
