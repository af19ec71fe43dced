//! What has to be known about an archive to read parts of it.

use sealift_oci::Identity;

use crate::block_table::BlockTable;
use crate::layer_span::LayerSpan;
use crate::proof::Proof;

/// What has to be known about an archive to read parts of it: where its layers are.
///
/// A [`Proof`] contains it, and so does what was recorded of one earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveIndex {
    pub(crate) identity: Identity,
    pub(crate) layers: Vec<LayerSpan>,
    pub(crate) plain_size: u64,
    pub(crate) blocks: Option<BlockTable>,
}

impl ArchiveIndex {
    /// Creates an index from recorded values: the image, its layers in the plain tar, and the size
    /// of that.
    pub fn new(identity: Identity, layers: Vec<LayerSpan>, plain_size: u64) -> Self {
        Self { identity, layers, plain_size, blocks: None }
    }

    /// Adds the blocks of a zip. Without them, opening the archive inflates it once to find them.
    #[must_use]
    pub fn with_blocks(mut self, blocks: BlockTable) -> Self {
        self.blocks = Some(blocks);
        self
    }

    /// Returns the blocks of a zip, if they are known.
    pub fn blocks(&self) -> Option<&BlockTable> {
        self.blocks.as_ref()
    }
}

impl From<&Proof> for ArchiveIndex {
    fn from(proof: &Proof) -> Self {
        let (identity, layers) = (proof.identity().clone(), proof.layers().to_vec());
        let index = Self::new(identity, layers, proof.plain_size());
        Self { blocks: proof.blocks().cloned(), ..index }
    }
}
