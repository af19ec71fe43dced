//! What has to be known about an archive to read parts of it.

use std::sync::Arc;

use sealift_oci::Identity;

use crate::block_table::BlockTable;
use crate::contents::Contents;
use crate::document_spans::DocumentSpans;
use crate::layer_span::LayerSpan;
use crate::proof::Proof;

/// What has to be known about an archive to read parts of it: where its layers and
/// documents are.
///
/// A [`Proof`] contains it, and so does what was recorded of one earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveIndex {
    pub(crate) identity: Identity,
    pub(crate) layers: Vec<LayerSpan>,
    pub(crate) plain_size: u64,
    pub(crate) documents: Option<DocumentSpans>,
    /// Shared, since it grows with the archive.
    pub(crate) blocks: Option<Arc<BlockTable>>,
}

impl ArchiveIndex {
    /// Creates an index from recorded values: the image, its layers in the plain tar, and the size
    /// of that.
    pub fn new(identity: Identity, layers: Vec<LayerSpan>, plain_size: u64) -> Self {
        Self { identity, layers, plain_size, documents: None, blocks: None }
    }

    /// Adds where the config and the manifest are. Without them, only layers can be read.
    #[must_use]
    pub fn with_documents(mut self, documents: DocumentSpans) -> Self {
        self.documents = Some(documents);
        self
    }

    /// Adds the blocks of a zip. Without them, opening the archive inflates it once to find them.
    #[must_use]
    pub fn with_blocks(mut self, blocks: BlockTable) -> Self {
        self.blocks = Some(Arc::new(blocks));
        self
    }

    /// Returns where the config and the manifest are, if that is known.
    pub fn documents(&self) -> Option<&DocumentSpans> {
        self.documents.as_ref()
    }

    /// Returns `true` if this can be the index of a plain tar of this size.
    pub(crate) fn fits(&self, plain_size: u64) -> bool {
        let layers = self.layers.iter().map(|span| (span.offset, span.size));
        let documents = self.documents.iter().flat_map(DocumentSpans::iter);
        let mut spans = layers.chain(documents.map(|span| (span.offset, span.size)));
        let is_inside = |(offset, size): (u64, u64)| {
            offset.checked_add(size).is_some_and(|end| end <= plain_size)
        };
        self.plain_size == plain_size && spans.all(is_inside)
    }

    /// Returns the blocks of a zip, if they are known.
    pub fn blocks(&self) -> Option<&BlockTable> {
        self.blocks.as_deref()
    }
}

impl From<&Contents> for ArchiveIndex {
    fn from(contents: &Contents) -> Self {
        let (identity, layers) = (contents.identity().clone(), contents.layers().to_vec());
        let index = Self::new(identity, layers, contents.plain_size());
        Self { documents: contents.documents().cloned(), ..index }
    }
}

impl From<&Proof> for ArchiveIndex {
    fn from(proof: &Proof) -> Self {
        let blocks = proof.blocks().cloned().map(Arc::new);
        Self { blocks, ..proof.contents().into() }
    }
}
