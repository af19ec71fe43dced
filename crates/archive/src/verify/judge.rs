//! The verdict on an archive, as a pure function of its collected entries.
//!
//! The verification follows the references between the documents:
//!
//! ```text
//! manifest.json, or else index.json ─▶ config ─▶ diff id of each layer
//! index.json ─▶ OCI manifest, by digest ─▶ config and stored layers, by digest
//! ```
//!
//! 1. `manifest.json` (or, if it is missing, `index.json`) names the config file. The digest of
//!    the config file is the image's id.
//! 2. The config states the diff id of each layer, the digest of its uncompressed content. A layer
//!    that is stored uncompressed, or was decompressed, is verified by it.
//! 3. A compressed layer that was not decompressed is verified by an OCI manifest that states its
//!    digest. The manifest must belong to the same config, and the index must state the manifest's
//!    own digest.

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

/// The verdict on a valid archive.
pub(crate) struct Judgement {
    pub(crate) identity: Identity,
    /// The runtime settings of the image, from its config file.
    pub(crate) settings: serde_json::Value,
    /// The positions of the layers.
    pub(crate) layers: Vec<LayerSpan>,
    /// The positions of the config and the manifest.
    pub(crate) documents: Option<DocumentSpans>,
    /// The layout of the archive around the image.
    pub(crate) layout: Layout,
}

/// Verifies the image in an archive. If there are several images, `platform` selects one.
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
        let reason = format!(
            "`{}` has no rootfs, so it is not the config of an image",
            Printable(config_name)
        );
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
            "lists {} layers, but {} lists {}",
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
                "the image is for {}; only linux images are supported",
                Printable(&platform.os)
            ),
        });
    }
    // Records and lists store the platform as text, so it must survive a round trip.
    if platform.to_string().parse().as_ref() != Ok(&platform) {
        let reason = format!(
            "the image is for `{}`, which is not a valid platform",
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

/// Returns a document of the archive, if it exists and can be parsed.
fn value(entries: &Entries, name: &str) -> Option<serde_json::Value> {
    resolve(entries, name).and_then(|content| parse(content, name).ok())
}

/// Returns the names of entries and of all entries that their links lead to.
fn belonging<'a>(entries: &Entries, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().flat_map(|name| steps(entries, name)).collect()
}

/// Compares the digest of a config with the one in its name: `<hex>.json`, `sha256:<hex>` or
/// `blobs/…/<hex>`. Other names are accepted.
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
        (Some(Err(reason)), _) => Err(bad(name, format!("cannot be decompressed: {reason}"))),
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
                reason: format!("{what} is compressed, and no manifest states its digest"),
            })
        }
    }
}
