//! The verified contents of a plain tar.

use crate::document_spans::DocumentSpans;
use crate::layer_span::LayerSpan;
use crate::verify::judge::Judgement;
use crate::verify::layout::{Layout, Naming};
use sealift_oci::Identity;

/// The contents of a verified plain tar.
///
/// Only [`Verifier`](crate::Verifier), [`Renamer`](crate::Renamer) and the types that use them
/// create it, after they have received all bytes of an archive. [`Proof`](crate::Proof) adds facts
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

    /// Returns the contents with this value of [`lacked_manifest`](Self::lacked_manifest). The
    /// renamer sets it to that of the bytes before it added a manifest.
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

    /// Returns the runtime settings of the image (`Env`, `Cmd`, `Labels`, …): the object `config`
    /// of its config file, or null.
    pub fn settings(&self) -> &serde_json::Value {
        &self.settings
    }

    /// Returns the layers and their positions, in the order in which the image first uses them.
    ///
    /// Each content is listed once, even if several layers or links share it. A layer that is
    /// stored both compressed and uncompressed is listed in both forms. A layer that is stored as
    /// a sparse file is not listed, because its bytes are not contiguous.
    pub fn layers(&self) -> &[LayerSpan] {
        &self.layers
    }

    /// Returns the positions of the config and the manifest, or `None` if the config is stored as
    /// a sparse file.
    pub fn documents(&self) -> Option<&DocumentSpans> {
        self.documents.as_ref()
    }

    /// Returns the size of the plain tar in bytes.
    pub fn plain_size(&self) -> u64 {
        self.plain_size
    }

    /// Returns `true` if the bytes that were read had no `manifest.json`, even if a
    /// [`Renamer`](crate::Renamer) added one.
    ///
    /// Docker and Podman always write one near the end of a save. If it is missing, the save may
    /// have been cut off.
    pub fn lacked_manifest(&self) -> bool {
        self.lacked_manifest
    }

    /// Returns `true` if the archive carries this name and no other, in every layout that it has,
    /// so that a [`Renamer`](crate::Renamer) would not change it.
    pub fn carries(&self, naming: &Naming) -> bool {
        self.layout.carries(naming)
    }
}
