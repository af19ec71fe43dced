//! Tests of damaged archives: flipped bits, missing bytes and missing entries.

use proptest::prelude::*;
use sealift_archive::{Fault, FaultKind, VerifyOptions};
use sealift_testing::layouts::{Body, Entry, Image, Packing, file, pack};

use crate::layouts::{all_layouts, verify, verify_with};

fn image() -> Image {
    Image::new("web:1.0", 1)
}

fn refusal(entries: &[Entry]) -> String {
    verify(&pack(entries)).unwrap_err().reason().to_string()
}

fn without(mut entries: Vec<Entry>, part: &str) -> Vec<Entry> {
    let at = entries.iter().position(|entry| entry.name.contains(part)).unwrap();
    entries.remove(at);
    entries
}

fn with_flipped_bit(mut entries: Vec<Entry>, part: &str) -> Vec<Entry> {
    let entry = entries.iter_mut().find(|entry| entry.name.contains(part)).unwrap();
    if let Body::File(content) = &mut entry.body {
        let middle = content.len() / 2;
        content[middle] ^= 1;
    }
    entries
}

#[test]
fn an_archive_truncated_at_any_byte_is_refused() {
    for (layout, entries) in all_layouts(&image()) {
        let tar = pack(&entries);
        for length in
            (0..tar.len()).step_by(97).chain([tar.len() - 1, tar.len() - 512, tar.len() - 1024])
        {
            let fault = verify(&tar[..length]).expect_err(layout);
            assert_eq!(fault.kind(), FaultKind::Damaged, "{layout} cut at {length}: {fault}");
        }
    }
}

#[test]
fn a_truncation_is_reported_with_its_position() {
    let tar = pack(&image().docker_folders());
    insta::assert_snapshot!(verify(&[]).unwrap_err().reason(), @"ends after 0 bytes, because it is empty");
    insta::assert_snapshot!(verify(&tar[..100]).unwrap_err().reason(), @"ends after 100 bytes, in the middle of a header");
    insta::assert_snapshot!(verify(&tar[..600]).unwrap_err().reason(), @"ends after 600 bytes, 215 bytes before the end of entry `317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a.json`");
    insta::assert_snapshot!(verify(&tar[..tar.len() - 1024]).unwrap_err().reason(), @"ends after 15872 bytes, without tar's end marker");
    insta::assert_snapshot!(verify(&tar[..tar.len() - 512]).unwrap_err().reason(), @"ends after 16384 bytes, in the middle of tar's end marker");
}

#[test]
fn other_data_after_the_end_is_refused() {
    let mut tar = pack(&image().podman());
    tar.extend([0; 4096]);
    assert!(verify(&tar).is_ok(), "zeros are accepted");
    tar.extend(b"garbage");
    insta::assert_snapshot!(verify(&tar).unwrap_err().reason(), @"has other data after its end, at byte 20992");
}

#[test]
fn an_error_report_of_the_engine_is_found_at_any_position() {
    for report in [
        "{\"errorDetail\":{\"message\":\"unexpected EOF from layer store\"},\"error\":\"unexpected EOF from layer store\"}\r\n",
        "{\"error\":\"unexpected EOF from layer store\"}\n",
        "{\"cause\":\"unexpected EOF\",\"message\":\"unexpected EOF from layer store\",\"response\":500}\n",
        "{\"message\":\"unexpected EOF from layer store\"}",
    ] {
        is_found_at_any_position(report.as_bytes());
    }
}

fn is_found_at_any_position(report: &[u8]) {
    for (layout, entries) in all_layouts(&image()) {
        let tar = pack(&entries);
        for at in [0, 100, 512, 700, 2048, tar.len() / 2, tar.len() - 1024, tar.len()] {
            let mut stream = tar[..at].to_vec();
            stream.extend(report);
            for piece in [1, 64, 512, 100_000] {
                let fault = verify_with(&stream, VerifyOptions::default(), piece).unwrap_err();
                let Fault::Engine { at: reported, message } = &fault else {
                    panic!("{layout} at {at} in pieces of {piece}: {fault}");
                };
                assert_eq!(
                    (*reported, message.as_str()),
                    (at as u64, "unexpected EOF from layer store")
                );
            }
        }
    }
}

#[test]
fn a_long_error_report_of_the_engine_is_read() {
    let words = "x".repeat(3000);
    let mut stream = pack(&image().docker_blobs());
    stream.truncate(1024);
    stream.extend(format!("{{\"errorDetail\":{{\"message\":\"{words}\"}}}}").bytes());
    assert_eq!(verify(&stream).unwrap_err(), Fault::Engine { at: 1024, message: words });
}

#[test]
fn missing_parts_are_refused() {
    let layer = sealift_testing::layouts::digest(&image().layers[0]);
    let layer = layer.trim_start_matches("sha256:");
    let config = image().id();
    let config = config.trim_start_matches("sha256:");
    insta::assert_snapshot!(refusal(&without(image().podman(), layer)), @"lacks layer b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3.tar, which manifest.json names");
    insta::assert_snapshot!(refusal(&without(image().docker_folders(), "layer.tar")), @"lacks layer 3ef3bd6c80bd7c673acc76fde924749be5cb8c7553fd17c2c3979f37a754f75b/layer.tar, which manifest.json names");
    insta::assert_snapshot!(refusal(&without(image().podman(), config)), @"lacks config 317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a.json, which manifest.json names");
    insta::assert_snapshot!(refusal(&without(image().docker_blobs(), layer)), @"lacks blob blobs/sha256/b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3, which blobs/sha256/776065edc90165bd37abed8241692450a80ce460dd6a75e3bd78fa989829c5e2 names");
}

#[test]
fn content_with_a_wrong_digest_is_refused() {
    let config = image().id();
    let config = config.trim_start_matches("sha256:");
    insta::assert_snapshot!(refusal(&with_flipped_bit(image().docker_folders(), "layer.tar")), @"layer 3ef3bd6c80bd7c673acc76fde924749be5cb8c7553fd17c2c3979f37a754f75b/layer.tar should be sha256:b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3, but is sha256:e3576d779a3522b7d9a1282e0fafb2dd81a6ad1c9fa5828d151e24bef62ee9d0");
    insta::assert_snapshot!(refusal(&with_flipped_bit(image().podman(), config)), @"config 317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a.json should be sha256:317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a, but is sha256:813995ca1927857945cf24d69979e8fa2d4e6aea23011fd9a842d5c4f64de0ae");
    insta::assert_snapshot!(refusal(&with_flipped_bit(image().docker_blobs(), config)), @"blobs/sha256/317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a should be sha256:317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a, but is sha256:813995ca1927857945cf24d69979e8fa2d4e6aea23011fd9a842d5c4f64de0ae");
    insta::assert_snapshot!(refusal(&with_flipped_bit(image().crane(), ".tar.gz")), @"`5617de1faa00c65076ff73b4d6fa65f7c0a3c564081693586d7d557aea0e1861.tar.gz` cannot be decompressed: corrupt gzip stream does not have a matching checksum");
}

#[test]
fn unreferenced_content_may_be_missing() {
    let entries = without(image().docker_folders(), "repositories");
    assert!(verify(&pack(&entries)).is_ok());
    let entries = without(image().docker_blobs(), "index.json");
    assert!(verify(&pack(&entries)).is_ok(), "plain layers are verified by their diff ids");
}

#[test]
fn two_entries_of_one_name_must_agree() {
    let mut entries = image().podman();
    entries.push(entries[0].clone());
    assert!(verify(&pack(&entries)).is_ok(), "a repeated entry with the same content is accepted");
    let mut entries = image().podman();
    entries.insert(0, file("manifest.json", b"[]".to_vec()));
    insta::assert_snapshot!(refusal(&entries), @"contains `manifest.json` twice, with different contents");
}

#[test]
fn links_are_followed_only_inside_the_archive_and_not_in_cycles() {
    let link = |name: &str, target: &str| Entry {
        name: name.to_owned(),
        body: Body::Symlink(target.to_owned()),
    };
    let layer = image().podman()[0].name.clone();
    for target in ["/etc/passwd", "../../etc/passwd", "../outside", "a", "nothing"] {
        let mut entries = without(image().podman(), &layer);
        entries.insert(0, link(&layer, target));
        entries.insert(1, link("a", &layer));
        assert!(matches!(verify(&pack(&entries)), Err(Fault::Missing { .. })), "{target}");
    }
}

#[test]
fn metadata_that_contradicts_itself_is_refused() {
    let replace = |name: &str, text: &str| {
        let mut entries = without(image().docker_blobs(), name);
        entries.push(file(name, text.as_bytes().to_vec()));
        refusal(&entries)
    };
    insta::assert_snapshot!(replace("manifest.json", "[{\"Config\":"), @"`manifest.json` cannot be parsed: EOF while parsing a value at line 1 column 11");
    insta::assert_snapshot!(replace("manifest.json", "hello"), @"`manifest.json` is not JSON");
    insta::assert_snapshot!(replace("manifest.json", "[]"), @"its manifest.json lists no image");
    insta::assert_snapshot!(replace("index.json", "{\"manifests\":[]}"), @"`index.json` leads to no manifest with the config sha256:317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a");
    insta::assert_snapshot!(
        replace("index.json", "{\"manifests\":[{\"mediaType\":\"application/x\\n\",\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]}"),
        @r"index.json refers to content of the unknown type `application/x\n`"
    );
    let config = format!("blobs/{}", image().id().replace(':', "/"));
    let no_layers = format!("[{{\"Config\":\"{config}\",\"Layers\":[]}}]");
    assert!(
        replace("manifest.json", &no_layers).contains("lists 2 layers, but manifest.json lists 0")
    );
}

#[test]
fn content_without_an_image_is_not_damaged() {
    let folder = pack(&[file("readme.txt", b"hello".to_vec())]);
    let fault = verify(&folder).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::NotAnImage);
    insta::assert_snapshot!(fault.reason(), @"it contains neither manifest.json nor index.json");
    let fault = verify(&b"just some text, over and over. ".repeat(40)).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::NotAnImage);
    insta::assert_snapshot!(fault.reason(), @"its content is not a tar");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A flipped bit can change a date or an unreferenced legacy file. It must not change the
    /// identity of the image.
    #[test]
    fn a_flipped_bit_never_results_in_another_image(layout in 0_usize..8, place in 0.0_f64..1.0, bit in 0_u8..8) {
        let (_, entries) = all_layouts(&image()).swap_remove(layout);
        let mut tar = pack(&entries);
        let sound = verify(&tar).unwrap();
        let at = (place * tar.len() as f64) as usize;
        tar[at] ^= 1 << bit;
        if let Ok(proof) = verify(&tar) {
            prop_assert_eq!(proof.identity().config, sound.identity().config);
            prop_assert_eq!(&proof.identity().diff_ids, &sound.identity().diff_ids);
        }
    }

    #[test]
    fn random_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(verify(&bytes).is_err());
    }

    #[test]
    fn random_bytes_instead_of_metadata_are_refused_without_a_panic(json in "[\\[\\]{}\":,a-z0-9 ]{0,80}") {
        for name in ["manifest.json", "index.json"] {
            let mut entries = without(image().containerd(Packing::Gzip, true), name);
            entries.push(file(name, json.clone().into_bytes()));
            prop_assert!(verify(&pack(&entries)).is_err());
        }
    }
}
