//! Positions of an image's layers and documents, computed from the collected entries.

use crate::codec::Codec;
use crate::document_spans::{DocumentSpan, DocumentSpans};
use crate::layer_span::LayerSpan;
use crate::verify::documents::blob_name;
use crate::verify::entries::{Content, Entries};
use crate::verify::links::resolve;
use crate::verify::oci_view::OciManifest;
use sealift_oci::{Digest, media_type};

/// Returns the layers that the layer lists and the manifests of an archive name, each content once.
///
/// The lists and the manifests were already checked: each names one layer for each diff id, and
/// all layers are present.
pub(crate) fn spans<'a>(
    entries: &Entries,
    lists: impl Iterator<Item = &'a Vec<String>>,
    diff_ids: &[Digest],
    manifests: &[&OciManifest],
) -> Vec<LayerSpan> {
    let mut spans: Vec<LayerSpan> = Vec::new();
    let mut add = |name: &str, diff_id: Digest| {
        let Some(content @ &Content { digest, offset: Some(offset), size, .. }) =
            resolve(entries, name)
        else {
            return;
        };
        if !spans.iter().any(|span| span.digest == digest) {
            let media_type = type_of(content, diff_id, manifests);
            spans.push(LayerSpan { digest, diff_id, media_type, offset, size });
        }
    };
    for names in lists {
        names.iter().zip(diff_ids).for_each(|(name, diff_id)| add(name, *diff_id));
    }
    for manifest in manifests.iter().filter(|manifest| manifest.layers.len() == diff_ids.len()) {
        for (layer, diff_id) in manifest.layers.iter().zip(diff_ids) {
            add(&blob_name(layer.digest), *diff_id);
        }
    }
    spans
}

/// Returns the positions of the config and of the first manifest that names one of `layers` for
/// each diff id.
pub(crate) fn document_spans(
    entries: &Entries,
    config: &Content,
    layers: &[LayerSpan],
    diff_ids: &[Digest],
    manifests: &[&OciManifest],
) -> Option<DocumentSpans> {
    let config = span_of(config, media_type::IMAGE_CONFIG)?;
    let names_all = |manifest: &&&OciManifest| {
        manifest.layers.len() == diff_ids.len()
            && manifest.layers.iter().zip(diff_ids).all(|(named, diff_id)| {
                let is_it = |span: &LayerSpan| span.digest == named.digest;
                layers.iter().any(|span| is_it(span) && span.diff_id == *diff_id)
            })
    };
    let manifest = manifests
        .iter()
        .find(names_all)
        .and_then(|manifest| span_of(resolve(entries, &manifest.name)?, &manifest.media_type));
    Some(DocumentSpans { config, manifest })
}

fn span_of(content: &Content, media_type: &str) -> Option<DocumentSpan> {
    let Content { digest, offset, size, .. } = content;
    Some(DocumentSpan::new(media_type, *digest, (*offset)?, *size))
}

/// Returns the media type that a manifest states, or else the one that matches the content.
fn type_of(content: &Content, diff_id: Digest, manifests: &[&OciManifest]) -> String {
    let mut layers = manifests.iter().flat_map(|manifest| &manifest.layers);
    let stated = layers.find(|layer| layer.digest == content.digest);
    if let Some(stated) = stated.filter(|layer| !layer.media_type.is_empty()) {
        return stated.media_type.clone();
    }
    match content.codec {
        Some(Codec::Gzip) if content.digest != diff_id => media_type::LAYER_TAR_GZIP,
        Some(Codec::Zstd) if content.digest != diff_id => media_type::LAYER_TAR_ZSTD,
        _ => media_type::LAYER_TAR,
    }
    .to_owned()
}
