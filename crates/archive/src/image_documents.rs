//! The documents of the image in an archive: its config and its manifest.

use std::io::{Read as _, Seek as _, SeekFrom};

use sealift_oci::{Descriptor, Digest, Manifest, media_type, parse_document};

use crate::archive::Archive;
use crate::document_spans::{DocumentSpan, DocumentSpans};
use crate::error::{Error, Fault};
use crate::layer_span::LayerSpan;
use crate::source::Source;

/// The maximum size of a document. The verifier has the same limit.
const LIMIT: u64 = 4 << 20;

impl<S: Source> Archive<S> {
    /// Reads the image's config file and compares it with its digest.
    ///
    /// # Errors
    ///
    /// If it cannot be read, if it has another digest, or if the index does not contain its
    /// position.
    pub fn config(&self) -> Result<Vec<u8>, Error> {
        self.document(&self.documents()?.config, "the config")
    }

    /// Returns the manifest of the image. If the archive has none of its own, this is the canonical
    /// manifest of its config and its stored layers, which always has the same bytes and digest.
    ///
    /// Do not compute the digest by serializing the returned manifest: the archive's own manifest
    /// can be formatted differently. Use [`manifest_descriptor`](Self::manifest_descriptor).
    ///
    /// # Errors
    ///
    /// Those of [`config`](Self::config), and if a layer is stored as a sparse file, which does not
    /// allow random access.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        match &self.documents()?.manifest {
            Some(span) => self.own_manifest(span),
            None => self.canonical_manifest(),
        }
    }

    /// Returns the bytes of [`manifest`](Self::manifest), as they are stored in the archive or as
    /// the canonical manifest is serialized. [`manifest_descriptor`](Self::manifest_descriptor) has
    /// their digest.
    ///
    /// # Errors
    ///
    /// Those of [`manifest`](Self::manifest).
    pub fn manifest_json(&self) -> Result<Vec<u8>, Error> {
        match &self.documents()?.manifest {
            Some(span) => self.document(span, "the manifest"),
            None => Ok(self.canonical_manifest()?.to_json()),
        }
    }

    /// Returns the descriptor of [`manifest`](Self::manifest). It does not read the archive.
    ///
    /// # Errors
    ///
    /// If the index does not contain the positions of the documents, or if a layer is stored as a
    /// sparse file.
    pub fn manifest_descriptor(&self) -> Result<Descriptor, Error> {
        Ok(match &self.documents()?.manifest {
            Some(span) => Descriptor::new(span.media_type.as_str(), span.digest, span.size),
            None => self.canonical_manifest()?.descriptor(),
        })
    }

    /// Returns the layers that the [`manifest`](Self::manifest) names, lowest first. A layer that
    /// the image uses twice is listed twice.
    ///
    /// # Errors
    ///
    /// Those of [`manifest`](Self::manifest), which is read only if a layer is stored in two forms.
    pub fn image_layers(&self) -> Result<Vec<&LayerSpan>, Error> {
        let diff_ids = &self.identity().diff_ids;
        let forms = |diff_id: Digest| self.layers().iter().filter(move |of| of.diff_id == diff_id);
        let is_ambiguous = diff_ids.iter().any(|diff_id| forms(*diff_id).nth(1).is_some());
        let named = match &self.documents()?.manifest {
            Some(span) if is_ambiguous => Some(self.own_manifest(span)?.layers),
            _ => None,
        };
        let layer = |(at, diff_id): (usize, &Digest)| {
            let digest = match &named {
                Some(named) => named.get(at).map(|layer| layer.digest),
                None => Some(*diff_id),
            };
            let of_digest = forms(*diff_id).find(|span| Some(span.digest) == digest);
            of_digest.or_else(|| forms(*diff_id).next()).ok_or_else(|| {
                let reason = format!("its layer {diff_id} is stored as a sparse file");
                self.fault(Fault::Unsupported { reason })
            })
        };
        diff_ids.iter().enumerate().map(layer).collect()
    }

    pub(crate) fn documents(&self) -> Result<&DocumentSpans, Error> {
        self.index().documents().ok_or_else(|| {
            let reason = "its index does not contain the position of its config".to_owned();
            self.fault(Fault::Unsupported { reason })
        })
    }

    pub(crate) fn canonical_manifest(&self) -> Result<Manifest, Error> {
        let config = &self.documents()?.config;
        let config = Descriptor::new(media_type::IMAGE_CONFIG, config.digest, config.size);
        let layers = self.image_layers()?;
        Ok(layers.into_iter().fold(Manifest::new(config), |manifest, span| {
            let media_type = match span.digest == span.diff_id {
                true => media_type::LAYER_TAR,
                false => span.media_type.as_str(),
            };
            manifest.with_layer(Descriptor::new(media_type, span.digest, span.size))
        }))
    }

    fn own_manifest(&self, span: &DocumentSpan) -> Result<Manifest, Error> {
        let json = self.document(span, "the manifest")?;
        parse_document(&json).map_err(|error| {
            let entry = format!("blobs/sha256/{}", span.digest.hex());
            let reason = format!("cannot be parsed: {}", error.reason());
            self.fault(Fault::BadMetadata { entry, reason })
        })
    }

    fn document(&self, span: &DocumentSpan, what: &str) -> Result<Vec<u8>, Error> {
        let what = what.to_owned();
        if span.size > LIMIT {
            return Err(self.fault(Fault::LimitExceeded { what, limit: "4 MiB".to_owned() }));
        }
        let of_reader = |error| Error::of_reader(error, self.input());
        let mut reader = self.plain();
        let mut content = Vec::new();
        reader.seek(SeekFrom::Start(span.offset)).map_err(of_reader)?;
        reader.take(span.size).read_to_end(&mut content).map_err(of_reader)?;
        let (expected, found) = (span.digest, Digest::of(&content));
        match found == expected {
            true => Ok(content),
            false => Err(self.fault(Fault::WrongDigest { what, expected, found })),
        }
    }

    pub(crate) fn fault(&self, fault: Fault) -> Error {
        Error::fault(self.input().clone(), fault)
    }
}
