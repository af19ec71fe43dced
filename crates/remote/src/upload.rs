//! The content of an upload, and its options.

use std::fs::File;

use bytes::Bytes;
use sealift_oci::Digest;

use crate::object::Etag;

/// The content of an object to be written. It can be read again if an attempt fails.
#[derive(Debug)]
#[non_exhaustive]
pub enum Upload {
    /// Bytes in memory.
    Bytes(Bytes),
    /// The first `size` bytes of a file. The position of the file does not change.
    File {
        /// The opened file.
        file: File,
        /// The number of bytes to upload.
        size: u64,
    },
}

impl Upload {
    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

impl From<&str> for Upload {
    fn from(text: &str) -> Self {
        Self::Bytes(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<Vec<u8>> for Upload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// The condition for writing an object. If it does not hold, nothing is written, and the result is
/// an error of the kind [`ErrorKind::Changed`](crate::ErrorKind::Changed).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Condition {
    /// The object is always written.
    #[default]
    Always,
    /// The object is written if there is no object with this name.
    Absent,
    /// The object is written if it still has this tag.
    Matches(Etag),
}

/// The options of [`Remote::put`](crate::Remote::put).
#[derive(Default)]
#[non_exhaustive]
pub struct PutOptions<'a> {
    /// The media type of the object, which readers get as `Content-Type`.
    pub content_type: Option<&'static str>,
    /// The caching rules that readers get as `Cache-Control`.
    pub cache_control: Option<&'static str>,
    /// The SHA-256 of the content, which buckets store with the object.
    pub sha256: Option<Digest>,
    /// The condition for writing the object.
    pub condition: Condition,
    /// A function that is called with the size of each part that the server has received.
    pub on_bytes: Option<&'a (dyn Fn(u64) + Send + Sync)>,
}

impl<'a> PutOptions<'a> {
    /// Sets the media type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// Sets the caching rules.
    #[must_use]
    pub fn with_cache_control(mut self, cache_control: &'static str) -> Self {
        self.cache_control = Some(cache_control);
        self
    }

    /// Sets the SHA-256 of the content.
    #[must_use]
    pub fn with_sha256(mut self, sha256: Digest) -> Self {
        self.sha256 = Some(sha256);
        self
    }

    /// Sets the condition for writing the object.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// Sets the function that is called with the size of each part that the server has received.
    #[must_use]
    pub fn with_on_bytes(mut self, on_bytes: &'a (dyn Fn(u64) + Send + Sync)) -> Self {
        self.on_bytes = Some(on_bytes);
        self
    }
}

impl std::fmt::Debug for PutOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PutOptions")
            .field("content_type", &self.content_type)
            .field("cache_control", &self.cache_control)
            .field("sha256", &self.sha256)
            .field("condition", &self.condition)
            .finish_non_exhaustive()
    }
}
