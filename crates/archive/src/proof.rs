//! The proof that an archive file was verified.

use sealift_oci::{Digest, Identity};

use crate::block_index::BlockIndex;
use crate::block_table::BlockTable;
use crate::contents::Contents;
use crate::document_spans::DocumentSpans;
use crate::layer_span::LayerSpan;
use crate::read::container::Container;
use crate::verify::layout::Naming;

/// A proof that every byte of an archive file was verified, and what the file contains.
///
/// It has no public constructor: only [`examine`](crate::examine) and the writers of this crate
/// create it. A function that receives a `Proof` can therefore rely on a complete archive.
///
/// ```compile_fail
/// let proof = sealift_archive::Proof { sha256: sealift_oci::Digest::of(b"anything") };
/// ```
///
/// It cannot be deserialized either. Records of earlier proofs contain the spans of layers; these
/// make an [`ArchiveIndex`](crate::ArchiveIndex), from which no proof can be created.
///
/// ```
/// fn read<T: serde::de::DeserializeOwned>() {}
/// read::<sealift_archive::LayerSpan>();
/// ```
///
/// ```compile_fail
/// fn read<T: serde::de::DeserializeOwned>() {}
/// read::<sealift_archive::Proof>();
/// ```
///
/// ```compile_fail
/// fn read<T: serde::de::DeserializeOwned>() {}
/// read::<sealift_archive::Contents>();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    contents: Contents,
    file: FileFacts,
}

/// Facts about the file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFacts {
    pub(crate) sha256: Digest,
    pub(crate) size: u64,
    pub(crate) container: Container,
    pub(crate) member_name: Option<String>,
    pub(crate) blocks: Option<BlockTable>,
}

impl Proof {
    pub(crate) fn new(contents: Contents, file: FileFacts) -> Self {
        Self { contents, file }
    }

    /// Returns the contents of the plain tar.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Returns the identity of the image.
    pub fn identity(&self) -> &Identity {
        self.contents.identity()
    }

    /// Returns the runtime settings of the image, as [`Contents::settings`] does.
    pub fn settings(&self) -> &serde_json::Value {
        self.contents.settings()
    }

    /// Returns the layers and their positions, as [`Contents::layers`] does.
    pub fn layers(&self) -> &[LayerSpan] {
        self.contents.layers()
    }

    /// Returns the positions of the documents, as [`Contents::documents`] does.
    pub fn documents(&self) -> Option<&DocumentSpans> {
        self.contents.documents()
    }

    /// Returns the size of the plain tar in bytes.
    pub fn plain_size(&self) -> u64 {
        self.contents.plain_size()
    }

    /// Returns `true` if the bytes that were read had no `manifest.json`, as
    /// [`Contents::lacked_manifest`] does.
    pub fn lacked_manifest(&self) -> bool {
        self.contents.lacked_manifest()
    }

    /// Returns `true` if the archive carries exactly this name, as [`Contents::carries`] does.
    pub fn carries(&self, naming: &Naming) -> bool {
        self.contents.carries(naming)
    }

    /// Returns the SHA-256 of the file.
    pub fn sha256(&self) -> Digest {
        self.file.sha256
    }

    /// Returns the size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.file.size
    }

    /// Returns the container around the plain tar.
    pub fn container(&self) -> Container {
        self.file.container
    }

    /// Returns the name of the zip's member, or `None` if the file is not a zip.
    pub fn member_name(&self) -> Option<&str> {
        self.file.member_name.as_deref()
    }

    /// Returns the independent blocks of a zip, which allow random access, if they are known.
    pub fn blocks(&self) -> Option<&BlockTable> {
        self.file.blocks.as_ref()
    }

    /// Returns the block index of the zip, or `None` if the blocks or their checksums are not
    /// known. They are known for a zip that an [`ArchiveWriter`](crate::ArchiveWriter) wrote.
    pub fn block_index(&self) -> Option<BlockIndex> {
        BlockIndex::new(self.size(), self.sha256(), self.blocks()?.clone())
    }
}
