//! The index that random access to an archive needs.

use std::sync::Arc;

use sealift_oci::Identity;

use crate::block_table::BlockTable;
use crate::contents::Contents;
use crate::document_spans::DocumentSpans;
use crate::layer_span::LayerSpan;
use crate::proof::Proof;

/// The index of an archive: the positions of its layers and documents, and the block table of a
/// zip. [`Archive`](crate::Archive) needs it to read parts of the archive.
///
/// It is created from a [`Proof`], or from the values of an earlier one that were recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveIndex {
    pub(crate) identity: Identity,
    pub(crate) layers: Vec<LayerSpan>,
    pub(crate) plain_size: u64,
    pub(crate) documents: Option<DocumentSpans>,
    /// The block table is shared by all users of the index, because its size grows with the
    /// archive.
    pub(crate) blocks: Option<Arc<BlockTable>>,
}

impl ArchiveIndex {
    /// Creates an index from recorded values. `plain_size` is the size of the plain tar in bytes.
    pub fn new(identity: Identity, layers: Vec<LayerSpan>, plain_size: u64) -> Self {
        Self { identity, layers, plain_size, documents: None, blocks: None }
    }

    /// Adds the positions of the config and the manifest. Without them, only layers can be read.
    #[must_use]
    pub fn with_documents(mut self, documents: DocumentSpans) -> Self {
        self.documents = Some(documents);
        self
    }

    /// Adds the block table of a zip. Without it, [`Archive::new`](crate::Archive::new) inflates
    /// the zip once to find its blocks.
    #[must_use]
    pub fn with_blocks(mut self, blocks: BlockTable) -> Self {
        self.blocks = Some(Arc::new(blocks));
        self
    }

    /// Returns the positions of the config and the manifest, if they are known.
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

    /// Returns the block table of a zip, if it is known.
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
