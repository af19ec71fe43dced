//! What is uploaded, and under which condition.

use std::fs::File;

use bytes::Bytes;
use sealift_oci::Digest;

use crate::object::Etag;

/// The content of an object to be written. It can be read again when an attempt fails.
#[derive(Debug)]
#[non_exhaustive]
pub enum Upload {
    /// Bytes in memory.
    Bytes(Bytes),
    /// The first `size` bytes of a file. It is read at offsets; its position stays as it is.
    File {
        /// The opened file.
        file: File,
        /// How many of its bytes are uploaded.
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

/// When an object is written. A condition that does not hold is an error of the kind
/// [`ErrorKind::Changed`](crate::ErrorKind::Changed), and nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Condition {
    /// In any case.
    #[default]
    Always,
    /// If there is no object of this name.
    Absent,
    /// If the object has this tag.
    Matches(Etag),
}

/// Options of [`Remote::put`](crate::Remote::put).
#[derive(Default)]
#[non_exhaustive]
pub struct PutOptions<'a> {
    /// The media type that readers are sent.
    pub content_type: Option<&'static str>,
    /// How long readers may keep the object, as the header `Cache-Control`.
    pub cache_control: Option<&'static str>,
    /// The SHA-256 of the content, which buckets keep beside it.
    pub sha256: Option<Digest>,
    /// When the object is written.
    pub condition: Condition,
    /// Is called with the size of each part that the other side has taken.
    pub on_bytes: Option<&'a (dyn Fn(u64) + Send + Sync)>,
}

impl<'a> PutOptions<'a> {
    /// Sets the media type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// Sets how long readers may keep the object.
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

    /// Sets when the object is written.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// Sets what is called with the size of each part that was taken.
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
