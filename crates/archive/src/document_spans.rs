//! The positions of an image's documents in its archive.

use serde::{Deserialize, Serialize};

use sealift_oci::Digest;

/// The positions of the documents that describe an image, in the plain tar of its archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentSpans {
    /// The image's config file.
    pub config: DocumentSpan,
    /// The manifest of the image in the archive. `None` if the archive has no manifest with
    /// exactly these layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<DocumentSpan>,
}

/// A document, and the position of its bytes in the plain tar of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentSpan {
    /// The digest of the document.
    pub digest: Digest,
    /// The media type of the document, as its descriptor states it.
    pub media_type: String,
    /// Offset of the document in the plain tar.
    pub offset: u64,
    /// The size of the document in bytes.
    pub size: u64,
}

impl DocumentSpans {
    /// Creates the spans of an image with this config and without a manifest.
    pub fn new(config: DocumentSpan) -> Self {
        Self { config, manifest: None }
    }

    /// Adds the manifest of the image in the archive.
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
    /// Creates the span of a document. `offset` and `size` are in bytes.
    pub fn new(media_type: impl Into<String>, digest: Digest, offset: u64, size: u64) -> Self {
        Self { digest, media_type: media_type.into(), offset, size }
    }
}
