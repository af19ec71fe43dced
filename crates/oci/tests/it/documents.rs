use proptest::prelude::*;
use sealift_oci::{Descriptor, Digest, Index, Manifest, Platform, media_type, parse_document};

#[test]
fn the_canonical_manifest_of_an_image_does_not_change() {
    let config =
        br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
    let layers = [(Digest::of(b"lower"), 5), (Digest::of(b"upper layer"), 11)];
    let manifest = Manifest::canonical(config, layers);
    insta::assert_snapshot!(String::from_utf8(manifest.to_json()).unwrap(), @r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:c5b1d63604f273462ef36fadac3182d43ae6a6138731cf594b314835cf1c034f","size":78},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:8c6fb1e9e37a1aea1d308c785192e1a17d71cef08c7f50a68d2e0ab292b2e7f4","size":5},{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:83d54eda7562821ceefe86bd9b9e1ec9e09edd9c2192ec0b7dfb4b569dffb380","size":11}]}"#);
    insta::assert_snapshot!(manifest.descriptor().digest, @"sha256:92fc201d90b594e06ecdfa7ca0f52649f6dd2381a158f7162727f841cacf96a5");
}

#[test]
fn a_document_of_another_version_or_form_is_refused() {
    let manifest =
        |text: &str| parse_document::<Manifest>(text.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(manifest(r#"{"schemaVersion":1}"#), @"the JSON document is not valid: the schema version is 1; only 2 is supported at line 1 column 19");
    insta::assert_snapshot!(manifest(r#"{"schemaVersion":2,"layers":[]}"#), @"the JSON document is not valid: missing field `config` at line 1 column 31");
    insta::assert_snapshot!(manifest("[]"), @"the JSON document is not valid: invalid type: sequence, expected an object at line 1 column 0");
    let index =
        br#"{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha512:0","size":1}]}"#;
    insta::assert_snapshot!(parse_document::<Index>(index).unwrap_err(), @"the JSON document is not valid: `sha512:0` is not `sha256:` and 64 lowercase hex digits at line 1 column 68");
}

#[test]
fn a_docker_manifest_is_parsed_as_a_manifest() {
    let config = Descriptor::of(media_type::DOCKER_CONFIG, b"{}");
    let mut manifest = Manifest::new(config);
    manifest.media_type = media_type::DOCKER_MANIFEST.to_owned();
    let json = manifest.to_json();
    assert_eq!(parse_document::<Manifest>(&json).unwrap(), manifest);
    assert_eq!(manifest.descriptor().media_type, media_type::DOCKER_MANIFEST);
}

fn descriptors() -> impl Strategy<Value = Descriptor> {
    let platform = prop::sample::select(vec![None, Some("linux/amd64"), Some("linux/arm/v7")])
        .prop_filter_map("a platform", |text| text.map(str::parse::<Platform>).transpose().ok());
    let annotations = prop::collection::btree_map("[a-c]", ".{0,3}", 0..3);
    (any::<[u8; 32]>(), any::<u64>(), platform, annotations).prop_map(
        |(digest, size, platform, annotations)| {
            let digest = Digest::from_bytes(digest);
            let mut descriptor = Descriptor::new(media_type::IMAGE_MANIFEST, digest, size);
            descriptor.platform = platform;
            descriptor.annotations = annotations;
            descriptor
        },
    )
}

proptest! {
    #[test]
    fn an_index_survives_a_round_trip_through_json(
        manifests in prop::collection::vec(descriptors(), 0..4),
    ) {
        let index = manifests.into_iter().fold(Index::new(), Index::with_manifest);
        let json = index.to_json();
        let read: Index = parse_document(&json).unwrap();
        prop_assert_eq!(read.to_json(), json);
        prop_assert_eq!(read, index);
    }

    #[test]
    fn a_manifest_survives_a_round_trip_through_json(
        config in descriptors(),
        layers in prop::collection::vec(descriptors(), 0..4),
    ) {
        let manifest = layers.into_iter().fold(Manifest::new(config), Manifest::with_layer);
        let json = manifest.to_json();
        let read: Manifest = parse_document(&json).unwrap();
        prop_assert_eq!(read.to_json(), json);
        prop_assert_eq!(read, manifest);
    }
}
