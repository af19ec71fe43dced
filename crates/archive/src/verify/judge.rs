//! Judges an archive by what was remembered of its entries: a pure function.
//!
//! The chain of proof: `manifest.json` (or, without it, `index.json`) names the config file; the
//! digest of that file is the image's id; the config names each layer by its diff id, the digest of
//! the uncompressed content. A layer is verified by its own diff id, or, if it was not
//! decompressed, by an OCI manifest that names its digest, belongs to this config, and whose own
//! digest the index names.

use std::collections::BTreeSet;

use sealift_filename::Printable;

use crate::codec::Codec;
use crate::document_spans::DocumentSpans;
use crate::error::Fault;
use crate::layer_span::LayerSpan;
use crate::verify::decompressor::unsupported;
use crate::verify::documents::{bad, find, parse, read_digest, wrong};
use crate::verify::entries::{Content, Entries};
use crate::verify::images::{Picked, pick};
use crate::verify::layout::{INDEX_JSON, Layout, MANIFEST_JSON, OCI_LAYOUT, REPOSITORIES};
use crate::verify::links::{resolve, steps};
use crate::verify::oci_view::{OciManifest, OciView};
use crate::verify::spans::{document_spans, spans};
use crate::verify::unreferenced::{check_blob_names, check_folders, check_legacy};
use sealift_oci::ImageConfig;
use sealift_oci::{Digest, Identity, Platform};

/// What the entries turned out to be.
pub(crate) struct Judgement {
    pub(crate) identity: Identity,
    /// What a container of the image starts with, as the config file states it.
    pub(crate) settings: serde_json::Value,
    /// Where the layers lie.
    pub(crate) layers: Vec<LayerSpan>,
    /// Where the config and the manifest lie.
    pub(crate) documents: Option<DocumentSpans>,
    /// How the archive is laid out around the image.
    pub(crate) layout: Layout,
}

/// Returns which image the entries are, or why they are not one. Of several images, `platform`
/// selects one.
pub(crate) fn judge(entries: &Entries, platform: Option<&Platform>) -> Result<Judgement, Fault> {
    check_blob_names(entries)?;
    check_legacy(entries)?;
    check_folders(entries)?;
    let oci = match entries.contains_key(INDEX_JSON) {
        true => Some(OciView::read(entries)?),
        false => None,
    };
    let Picked { image, is_one_of_several } = pick(entries, oci.as_ref(), platform)?;

    let config_name = &image.config_name;
    let config = find(entries, config_name, "config", image.named_by)?;
    check_named_digest(config_name, config)?;
    let document: ImageConfig = parse(config, config_name)?;
    let Some(rootfs) = &document.rootfs else {
        let reason =
            format!("`{}` has no rootfs, so it is no image's config", Printable(config_name));
        return Err(Fault::Unsupported { reason });
    };
    let diff_ids = rootfs
        .diff_ids
        .iter()
        .flatten()
        .map(|text| read_digest(text, config_name))
        .collect::<Result<Vec<_>, _>>()?;
    let lists = || std::iter::once(&image.layer_names).chain(&image.other_layer_names);
    if let Some(layer_names) = lists().find(|names| names.len() != diff_ids.len()) {
        let reason = format!(
            "lists {} layers where {} lists {}",
            diff_ids.len(),
            image.named_by,
            layer_names.len()
        );
        return Err(bad(config_name, reason));
    }

    let proofs = match &oci {
        Some(oci) => oci.manifests_of(config.digest)?,
        None => Vec::new(),
    };
    for proof in &proofs {
        proof.check_content(entries)?;
    }
    for layer_names in lists() {
        for (index, (name, diff_id)) in layer_names.iter().zip(&diff_ids).enumerate() {
            let layer = find(entries, name, "layer", image.named_by)?;
            check_layer(name, layer, diff_id, &proofs, index)?;
        }
    }

    let layers = spans(entries, lists(), &diff_ids, &proofs);
    let documents = document_spans(entries, config, &layers, &diff_ids, &proofs);
    let platform = document.platform();
    if platform.os != "linux" {
        return Err(Fault::Unsupported {
            reason: format!(
                "it is an image for {}, only those for linux are taken",
                Printable(&platform.os)
            ),
        });
    }
    // Records and lists hold it as text.
    if platform.to_string().parse().as_ref() != Ok(&platform) {
        let reason = format!(
            "it is an image for `{}`, which is no platform",
            Printable(&platform.to_string())
        );
        return Err(Fault::Unsupported { reason });
    }
    let mut repo_tags = image.repo_tags;
    repo_tags.dedup();
    let layout = Layout {
        manifest_json: value(entries, MANIFEST_JSON),
        repositories: value(entries, REPOSITORIES),
        index_json: value(entries, INDEX_JSON),
        descriptor: proofs.first().map(|proof| proof.top),
        belonging: is_one_of_several.then(|| {
            let manifests = proofs.iter().map(|proof| proof.name.as_str());
            let names = lists().flatten().map(String::as_str).chain(manifests);
            belonging(entries, names.chain([config_name.as_str(), OCI_LAYOUT]))
        }),
        manifest: proofs.first().map(|proof| proof.describe(entries)),
        config_name: config_name.clone(),
        layer_names: image.layer_names,
    };
    let mut identity = Identity::new(config.digest, diff_ids, platform);
    identity.manifests = proofs.iter().map(|proof| proof.digest).collect();
    identity.indexes = oci.map(|oci| oci.indexes).unwrap_or_default();
    identity.created = document.created;
    identity.repo_tags = repo_tags;
    Ok(Judgement { identity, settings: document.config, layers, documents, layout })
}

/// Returns a document as it stands in the archive, if it can be read.
fn value(entries: &Entries, name: &str) -> Option<serde_json::Value> {
    resolve(entries, name).and_then(|content| parse(content, name).ok())
}

/// Returns the names of entries, and of those which links lead to.
fn belonging<'a>(entries: &Entries, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().flat_map(|name| steps(entries, name)).collect()
}

/// Checks a config against the digest in its own name: `<hex>.json`, `sha256:<hex>`,
/// `blobs/…/<hex>`.
fn check_named_digest(name: &str, content: &Content) -> Result<(), Fault> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let hex = file.strip_suffix(".json").unwrap_or(file);
    let hex = hex.strip_prefix("sha256:").unwrap_or(hex);
    match Digest::from_hex(hex) {
        Some(expected) if expected != content.digest => {
            Err(wrong(&format!("config {name}"), expected, content.digest))
        }
        _ => Ok(()),
    }
}

fn check_layer(
    name: &str,
    layer: &Content,
    diff_id: &Digest,
    proofs: &[&OciManifest],
    index: usize,
) -> Result<(), Fault> {
    let what = format!("layer {name}");
    match (&layer.unpacked, layer.codec) {
        (Some(Ok(unpacked)), _) if unpacked == diff_id => Ok(()),
        (Some(Ok(unpacked)), _) => {
            Err(wrong(&format!("{what}, decompressed,"), *diff_id, *unpacked))
        }
        (Some(Err(reason)), Some(Codec::Zstd)) if !cfg!(feature = "zstd") => {
            let reason = format!("{what} {reason}");
            Err(Fault::Unsupported { reason: Printable(&reason).to_string() })
        }
        (Some(Err(reason)), _) => Err(bad(name, format!("can't be decompressed: {reason}"))),
        (None, None) if layer.digest == *diff_id => Ok(()),
        (None, None) => Err(wrong(&what, *diff_id, layer.digest)),
        (None, _) => {
            let proven = |proof: &&OciManifest| {
                proof.layers.get(index).is_some_and(|proven| proven.digest == layer.digest)
            };
            if proofs.iter().any(proven) || layer.digest == *diff_id {
                return Ok(());
            }
            if let Some(reason) = layer.codec.and_then(unsupported) {
                let reason = format!("{what} {reason}");
                return Err(Fault::Unsupported { reason: Printable(&reason).to_string() });
            }
            Err(Fault::Unsupported {
                reason: format!("{what} is compressed and no manifest names its digest"),
            })
        }
    }
}
