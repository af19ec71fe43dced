//! Where the documents of an image lie in its archive.

use serde::{Deserialize, Serialize};

use sealift_oci::Digest;

/// Where the documents that describe an image lie in the plain tar of its archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentSpans {
    /// The image's config file.
    pub config: DocumentSpan,
    /// The archive's own manifest of the image; `None` if it has none over exactly these layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<DocumentSpan>,
}

/// A document, and where its bytes lie in the plain tar of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentSpan {
    /// The digest of the bytes.
    pub digest: Digest,
    /// The media type by which a descriptor of the document states its kind.
    pub media_type: String,
    /// Where the bytes start in the plain tar.
    pub offset: u64,
    /// How many bytes there are.
    pub size: u64,
}

impl DocumentSpans {
    /// Creates the spans of an image that has this config and no manifest of its own.
    pub fn new(config: DocumentSpan) -> Self {
        Self { config, manifest: None }
    }

    /// Adds the archive's own manifest.
    #[must_use]
    pub fn with_manifest(self, manifest: DocumentSpan) -> Self {
        Self { manifest: Some(manifest), ..self }
    }

    /// Returns the spans of all documents.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &DocumentSpan> {
        std::iter::once(&self.config).chain(&self.manifest)
    }
}

impl DocumentSpan {
    /// Creates the span of a document.
    pub fn new(media_type: impl Into<String>, digest: Digest, offset: u64, size: u64) -> Self {
        Self { digest, media_type: media_type.into(), offset, size }
    }
}
