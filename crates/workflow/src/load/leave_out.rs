//! Which layers of an archive an engine needs not be sent: pure functions.
//!
//! Engines differ in what they look for before they read a layer from an archive:
//!
//! | store | finds a layer by |
//! |---|---|
//! | Docker's classic one | the chain of diff ids from the lowest layer up to it |
//! | containerd | the digest of the layer as it is stored |
//! | Podman | its diff id |

use std::collections::{HashMap, HashSet};

use sealift_archive::{ImageLayout, ImageTarOptions, LayerSpan};
use sealift_oci::Digest;

/// How an engine stores images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Classic,
    Containerd,
    Podman,
}

/// An image that an engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its uncompressed layers, lowest first; empty if the engine was not asked.
    pub(crate) diff_ids: Vec<Digest>,
    /// Its manifests, in a containerd store.
    pub(crate) manifests: Vec<Digest>,
}

/// The digests of the layers that manifests name, as far as archives of the folder tell.
pub(crate) type KnownManifests = HashMap<Digest, HashSet<Digest>>;

/// What is left out of an archive on its way into an engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) layout: ImageLayout,
    /// The digests of layers as the archive has them.
    pub(crate) left_out: HashSet<Digest>,
}

impl Plan {
    pub(crate) fn options(&self) -> ImageTarOptions {
        let left_out = self.left_out.iter().copied();
        ImageTarOptions::new().with_layout(self.layout).without_layers(left_out)
    }
}

/// Plans what is left out of an archive with these layers, lowest first.
///
/// In a containerd store, the layers of manifests that nobody knows are guessed: an image with the
/// same lowest layers often has them in the same form. What is wrong with that is noticed after the
/// load.
pub(crate) fn plan(
    store: StoreKind,
    layers: &[&LayerSpan],
    images: &[Held],
    known: &KnownManifests,
) -> Plan {
    let digests = || layers.iter().map(|layer| layer.digest);
    let left_out: HashSet<Digest> = match store {
        StoreKind::Classic => {
            let count = images.iter().map(|image| common(layers, image)).max().unwrap_or(0);
            // A layer that is used once more above is read there.
            let above: HashSet<Digest> = digests().skip(count).collect();
            digests().take(count).filter(|digest| !above.contains(digest)).collect()
        }
        StoreKind::Podman => {
            let there: HashSet<&Digest> = images.iter().flat_map(|image| &image.diff_ids).collect();
            let is_there = |layer: &&&LayerSpan| there.contains(&layer.diff_id);
            layers.iter().filter(is_there).map(|layer| layer.digest).collect()
        }
        StoreKind::Containerd => {
            let (certain, guessed): (Vec<&Held>, Vec<&Held>) =
                images.iter().partition(|image| is_known(image, known));
            let certain = certain.iter().flat_map(|image| &image.manifests);
            let there: HashSet<&Digest> =
                certain.filter_map(|manifest| known.get(manifest)).flatten().collect();
            let count = guessed.iter().map(|image| common(layers, image)).max().unwrap_or(0);
            let guessed = digests().take(count);
            digests().filter(|digest| there.contains(digest)).chain(guessed).collect()
        }
    };
    // By its diff id, Podman finds a compressed layer only in this layout.
    let is_compressed =
        |layer: &&LayerSpan| layer.digest != layer.diff_id && left_out.contains(&layer.digest);
    let layout = match store == StoreKind::Podman && layers.iter().any(is_compressed) {
        true => ImageLayout::Docker,
        false => ImageLayout::Oci,
    };
    Plan { layout, left_out }
}

/// Returns `true` if it is known which layers an image's manifests name.
pub(crate) fn is_known(image: &Held, known: &KnownManifests) -> bool {
    !image.manifests.is_empty()
        && image.manifests.iter().all(|manifest| known.contains_key(manifest))
}

/// Returns the number of bytes of different layers.
pub(crate) fn size_of<'a>(layers: impl IntoIterator<Item = &'a &'a LayerSpan>) -> u64 {
    let mut seen = HashSet::new();
    layers.into_iter().filter(|layer| seen.insert(layer.digest)).map(|layer| layer.size).sum()
}

/// Returns how many of the lowest layers are those of an image.
fn common(layers: &[&LayerSpan], image: &Held) -> usize {
    let pairs = layers.iter().zip(&image.diff_ids);
    pairs.take_while(|(layer, diff_id)| layer.diff_id == **diff_id).count()
}
