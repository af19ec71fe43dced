//! Selection of the layers that an engine does not need to receive. Pure functions.
//!
//! Engines differ in how they find a layer that an archive does not contain:
//!
//! | store | finds a layer by |
//! |---|---|
//! | Docker's classic store | the chain of diff ids from the lowest layer to this one |
//! | containerd | the digest of the layer as it is stored in the archive |
//! | Podman | the diff id of the layer |

use std::collections::{HashMap, HashSet};

use sealift_archive::{ImageLayout, ImageTarOptions, LayerSpan};
use sealift_oci::Digest;

/// The kind of store in which an engine keeps images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Classic,
    Containerd,
    Podman,
}

/// An image that an engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// The diff ids of its layers, lowest first. Empty if the engine was not asked for them.
    pub(crate) diff_ids: Vec<Digest>,
    /// The digests of its manifests, in a containerd store.
    pub(crate) manifests: Vec<Digest>,
}

/// The digests of the layers in each known manifest, from the archives in the folder.
pub(crate) type KnownManifests = HashMap<Digest, HashSet<Digest>>;

/// The layers to leave out of an archive, and its layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) layout: ImageLayout,
    /// The digests of these layers, as stored in the archive.
    pub(crate) left_out: HashSet<Digest>,
}

impl Plan {
    pub(crate) fn options(&self) -> ImageTarOptions {
        let left_out = self.left_out.iter().copied();
        ImageTarOptions::new().with_layout(self.layout).without_layers(left_out)
    }
}

/// Plans which layers to leave out of an archive. `layers` has all layers, lowest first.
///
/// In the classic store, a layer is found only together with all layers below it, so the lowest
/// layers that the archive shares with one image can be left out. Podman finds each layer by
/// itself. A containerd store needs the digests of stored layers, but reports only manifests. If
/// the folder has an archive with the same manifest, its layers are known. For other manifests they
/// are guessed: an image with the same lowest layers often stores them in the same form. A wrong
/// guess is noticed after the load, and everything is sent then.
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
            // A layer that also occurs above must be sent, because the engine reads it there.
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
    // Podman finds a compressed layer by its diff id only in the Docker layout.
    let is_compressed =
        |layer: &&LayerSpan| layer.digest != layer.diff_id && left_out.contains(&layer.digest);
    let layout = match store == StoreKind::Podman && layers.iter().any(is_compressed) {
        true => ImageLayout::Docker,
        false => ImageLayout::Oci,
    };
    Plan { layout, left_out }
}

/// Returns `true` if the layers of all manifests of an image are known.
pub(crate) fn is_known(image: &Held, known: &KnownManifests) -> bool {
    !image.manifests.is_empty()
        && image.manifests.iter().all(|manifest| known.contains_key(manifest))
}

/// Returns the total size of layers in bytes. Repeated layers count once.
pub(crate) fn size_of<'a>(layers: impl IntoIterator<Item = &'a &'a LayerSpan>) -> u64 {
    let mut seen = HashSet::new();
    layers.into_iter().filter(|layer| seen.insert(layer.digest)).map(|layer| layer.size).sum()
}

/// Returns the number of lowest layers that an archive shares with an image.
fn common(layers: &[&LayerSpan], image: &Held) -> usize {
    let pairs = layers.iter().zip(&image.diff_ids);
    pairs.take_while(|(layer, diff_id)| layer.diff_id == **diff_id).count()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    /// Creates layers from letters. A capital letter is a layer that is compressed in the archive.
    fn layers(letters: &str) -> Vec<LayerSpan> {
        let layer = |letter: char| {
            let diff_id = Digest::of(&[letter.to_ascii_lowercase() as u8]);
            let digest = Digest::of(&[letter as u8]);
            let json = serde_json::json!({
                "digest": digest, "diff_id": diff_id, "media_type": "", "offset": 0, "size": 1,
            });
            serde_json::from_value(json).unwrap()
        };
        letters.chars().map(layer).collect()
    }

    fn digest(letter: char) -> Digest {
        Digest::of(&[letter as u8])
    }

    /// Creates an image from the letters of its layers and, after `@`, the digits of its manifests.
    fn image(text: &str) -> Held {
        let (layers, manifest) = text.split_once('@').unwrap_or((text, ""));
        Held {
            diff_ids: layers.chars().map(digest).collect(),
            manifests: manifest.chars().map(digest).collect(),
        }
    }

    use StoreKind::{Classic, Containerd, Podman};

    // The store, the archive's layers, the engine's images, and the layers of known manifests.
    #[test_case(Classic, "abc", "", "" => ""; "nothing is there")]
    #[test_case(Classic, "abc", "ab", "" => "ab"; "the lowest layers")]
    #[test_case(Classic, "abc", "ad ab a", "" => "ab"; "of the image with most of them")]
    #[test_case(Classic, "abc", "bc", "" => ""; "a layer above another one has another chain")]
    #[test_case(Classic, "abc", "abcd", "" => "abc"; "all layers")]
    #[test_case(Classic, "aba", "ab", "" => "b"; "a layer that is repeated above is sent")]
    #[test_case(Classic, "ABc", "ab", "" => "AB"; "compressed layers")]
    #[test_case(Podman, "abc", "xc ya", "" => "ac"; "any layer of any image")]
    #[test_case(Podman, "aba", "xa", "" => "a"; "a repeated layer")]
    #[test_case(Podman, "ABc", "xb", "" => "B docker"; "compressed layers by their diff ids")]
    #[test_case(Podman, "ABc", "xc", "" => "c"; "plain layers in an OCI layout")]
    #[test_case(Containerd, "abc", "@1", "1=ab" => "ab"; "the layers of a known manifest")]
    #[test_case(Containerd, "abc", "@1 @2", "1=b 2=c" => "bc"; "of any known manifest")]
    #[test_case(Containerd, "abc", "ab@1", "1=AB" => ""; "a known manifest in another form")]
    #[test_case(Containerd, "ABc", "@1", "1=AB" => "AB"; "the same compressed layers")]
    #[test_case(Containerd, "abc", "ab@1", "" => "ab"; "the lowest layers of an unknown manifest")]
    #[test_case(Containerd, "abc", "xb@1", "" => ""; "another lowest layer")]
    #[test_case(Containerd, "abc", "ab", "" => "ab"; "a manifest that is not listed")]
    fn layers_that_the_engine_has_are_left_out(
        store: StoreKind,
        archive: &str,
        images: &str,
        known: &str,
    ) -> String {
        let spans = layers(archive);
        let spans: Vec<&LayerSpan> = spans.iter().collect();
        let images: Vec<Held> = images.split_whitespace().map(image).collect();
        let known: KnownManifests = known
            .split_whitespace()
            .filter_map(|text| text.split_once('='))
            .map(|(manifest, layers)| {
                (digest(manifest.chars().next().unwrap()), layers.chars().map(digest).collect())
            })
            .collect();
        let Plan { layout, left_out } = plan(store, &spans, &images, &known);
        let mut letters: Vec<char> =
            archive.chars().filter(|letter| left_out.contains(&digest(*letter))).collect();
        letters.dedup();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), left_out.len());
        let letters: String = letters.into_iter().collect();
        match layout {
            ImageLayout::Oci => letters,
            ImageLayout::Docker => format!("{letters} docker"),
        }
    }

    #[test]
    fn a_repeated_layer_counts_once() {
        let spans = layers("aba");
        assert_eq!(size_of(spans.iter().collect::<Vec<_>>().iter()), 2);
    }
}
