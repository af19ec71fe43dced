//! What the bytes of a plain tar prove.

use crate::document_spans::DocumentSpans;
use crate::layer_span::LayerSpan;
use crate::verify::judge::Judgement;
use crate::verify::layout::{Layout, Naming};
use sealift_oci::Identity;

/// What a verified plain tar contains.
///
/// Only a [`Verifier`](crate::Verifier), a [`Renamer`](crate::Renamer) and what is built on them
/// create it, once all bytes of an archive have passed. [`Proof`](crate::Proof) adds what is known
/// about the file around the tar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    identity: Identity,
    settings: serde_json::Value,
    layers: Vec<LayerSpan>,
    documents: Option<DocumentSpans>,
    plain_size: u64,
    layout: Layout,
    lacked_manifest: bool,
}

impl Contents {
    pub(crate) fn new(judgement: Judgement, plain_size: u64) -> Self {
        let Judgement { identity, settings, layers, documents, layout } = judgement;
        let lacked_manifest = layout.manifest_json.is_none();
        Self { identity, settings, layers, documents, plain_size, layout, lacked_manifest }
    }

    /// Returns the same contents with what is known about the bytes before they were renamed.
    pub(crate) fn with_lacked_manifest(self, lacked_manifest: bool) -> Self {
        Self { lacked_manifest, ..self }
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the identity of the image.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns what a container of the image starts with (`Env`, `Cmd`, `Labels`, …): the object
    /// `config` of the image's config file, or null.
    pub fn settings(&self) -> &serde_json::Value {
        &self.settings
    }

    /// Returns where the layers lie, in the order in which the image first uses them.
    ///
    /// Each content is listed once, also if several layers or links share it. A layer that the
    /// archive holds both compressed and uncompressed is listed in both forms. A layer that is
    /// stored as a sparse file is missing, since its bytes are not contiguous.
    pub fn layers(&self) -> &[LayerSpan] {
        &self.layers
    }

    /// Returns where the config and the manifest lie; `None` if the config is stored as a sparse
    /// file.
    pub fn documents(&self) -> Option<&DocumentSpans> {
        self.documents.as_ref()
    }

    /// Returns the size of the plain tar in bytes.
    pub fn plain_size(&self) -> u64 {
        self.plain_size
    }

    /// Returns `true` if the bytes that were read had no `manifest.json`, also if a
    /// [`Renamer`](crate::Renamer) added one. Every save of Docker and Podman has one, so that an
    /// end of the save may be missing.
    pub fn lacked_manifest(&self) -> bool {
        self.lacked_manifest
    }

    /// Returns `true` if the archive carries exactly this name, in every layout that it has, and is
    /// in the form in which a [`Renamer`](crate::Renamer) leaves archives.
    pub fn carries(&self, naming: &Naming) -> bool {
        self.layout.carries(naming)
    }
}
