//! Tests of all layouts that engines write, with entries in any order.

use proptest::prelude::*;
use sealift_archive::{Contents, Fault, Verifier, VerifyOptions};
use sealift_oci::Digest;
use sealift_testing::layouts::{Body, Entry, Image, Packing, joined, pack};

pub(crate) fn verify(tar: &[u8]) -> Result<Contents, Fault> {
    verify_with(tar, VerifyOptions::default(), 4096)
}

pub(crate) fn verify_with(
    tar: &[u8],
    options: VerifyOptions,
    piece: usize,
) -> Result<Contents, Fault> {
    let mut verifier = Verifier::new(options);
    for bytes in tar.chunks(piece) {
        verifier.push(bytes)?;
    }
    verifier.finish()
}

pub(crate) fn all_layouts(image: &Image) -> Vec<(&'static str, Vec<Entry>)> {
    vec![
        ("docker up to 24", image.docker_folders()),
        ("docker from 25", image.docker_blobs()),
        ("containerd store, plain layers", image.containerd(Packing::Plain, false)),
        ("containerd store, gzip layers", image.containerd(Packing::Gzip, false)),
        ("containerd store, zstd layers, attested", image.containerd(Packing::Zstd, true)),
        ("podman", image.podman()),
        ("crane", image.crane()),
        ("oci only", image.oci_only()),
    ]
}

#[test]
fn every_layout_results_in_the_same_identity() {
    let image = Image::new("web:1.0", 1);
    for (layout, entries) in all_layouts(&image) {
        for deep in [false, true] {
            let options = VerifyOptions::new().with_decompress_layers(deep);
            let proof = verify_with(&pack(&entries), options, 777)
                .unwrap_or_else(|fault| panic!("{layout}: {fault}"));
            assert_eq!(proof.identity().config.to_string(), image.id(), "{layout}");
            assert_eq!(proof.identity().diff_ids.len(), 2, "{layout}");
            assert_eq!(proof.identity().platform.to_string(), "linux/amd64", "{layout}");
            assert_eq!(proof.identity().repo_tags.len(), 1, "{layout}");
        }
    }
}

#[test]
fn image_manifests_are_distinguished_from_attestations_and_indexes() {
    let image = Image::new("web:1.0", 1);
    let plain = verify(&pack(&image.containerd(Packing::Gzip, false))).unwrap().identity().clone();
    let attested =
        verify(&pack(&image.containerd(Packing::Gzip, true))).unwrap().identity().clone();
    assert_eq!((plain.manifests.len(), plain.indexes.len()), (1, 0));
    assert_eq!((attested.manifests.len(), attested.indexes.len()), (1, 1));
    assert_eq!(plain.manifests, attested.manifests);
    assert!(attested.has_short_id(attested.indexes[0].image_id()));
}

#[test]
fn a_repeated_layer_is_read_through_its_link() {
    let mut image = Image::new("web:1.0", 1);
    image.layers.push(image.layers[0].clone());
    let entries = image.docker_folders();
    assert!(entries.iter().any(|entry| matches!(entry.body, Body::Symlink(_))));
    let contents = verify(&pack(&entries)).unwrap();
    assert_eq!(contents.identity().diff_ids.len(), 3);
    // The third layer is a link to another layer.
    assert_eq!(contents.layers().len(), 2);
}

#[test]
fn pieces_of_one_byte_result_in_the_same_verdict() {
    let tar = pack(&Image::new("web:1.0", 1).crane());
    assert_eq!(verify_with(&tar, VerifyOptions::default(), 1), verify(&tar));
}

#[test]
fn an_image_of_another_operating_system_is_refused() {
    let mut image = Image::new("web:1.0", 1);
    image.os = "windows".to_owned();
    let refusal = verify(&pack(&image.podman())).unwrap_err();
    insta::assert_snapshot!(refusal.reason(), @"the image is for windows; only linux images are supported");
}

#[test]
fn several_images_in_one_archive_are_refused_with_their_tags() {
    let entries = joined(Image::new("web:1.0", 1).podman(), Image::new("api:2.0", 9).podman());
    let refusal = verify(&pack(&entries)).unwrap_err();
    insta::assert_snapshot!(refusal.reason(), @"it contains 2 images (web:1.0, api:2.0); an archive contains one");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_entries_does_not_matter(
        layout in 0_usize..8,
        order in Just((0..20).collect::<Vec<usize>>()).prop_shuffle(),
        piece in 1_usize..5000,
    ) {
        let image = Image::new("web:1.0", 3);
        let (_, entries) = all_layouts(&image).swap_remove(layout);
        let mut shuffled: Vec<(usize, &Entry)> =
            entries.iter().enumerate().map(|(at, entry)| (order[at % order.len()] * 100 + at, entry)).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Entry> = shuffled.into_iter().map(|(_, entry)| entry.clone()).collect();
        let proof = verify_with(&pack(&shuffled), VerifyOptions::default(), piece).unwrap();
        prop_assert_eq!(proof.identity().config.to_string(), image.id());
    }
}

/// Checks that each layer is at the position that the contents of a tar state.
pub(crate) fn check_spans(tar: &[u8], contents: &Contents, layout: &str) {
    let mut diff_ids: Vec<_> = contents.layers().iter().map(|layer| layer.diff_id).collect();
    diff_ids.dedup();
    assert_eq!(diff_ids, contents.identity().diff_ids, "{layout}");
    for layer in contents.layers() {
        let start = usize::try_from(layer.offset).unwrap();
        let bytes = &tar[start..start + usize::try_from(layer.size).unwrap()];
        assert_eq!(Digest::of(bytes), layer.digest, "{layout}");
        let is_plain = layer.digest == layer.diff_id;
        assert_eq!(is_plain, layer.media_type.ends_with("tar"), "{layout} {layer:?}");
    }
}

#[test]
fn the_layers_of_every_layout_are_located() {
    let image = Image::new("web:1.0", 1);
    for (layout, entries) in all_layouts(&image) {
        let tar = pack(&entries);
        check_spans(&tar, &verify(&tar).unwrap(), layout);
    }
}
