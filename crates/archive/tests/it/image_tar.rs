//! Tests of tars that are composed from the parts of an archive.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write as _};

use proptest::prelude::*;
use sealift_archive::{
    Archive, Error, ExamineOptions, FaultKind, ImageLayout, ImageTar, ImageTarOptions, Naming,
    Verifier, VerifyOptions, examine,
};
use sealift_filename::{Repository, Version};
use sealift_oci::{Digest, Index, Manifest, media_type, parse_document};
use sealift_testing::layouts::{Body, Entry, Image, Packing, file, joined, noise, pack};

use crate::containers::sealift_zip;

fn image() -> Image {
    let mut image = Image::new("web:1.0", 1);
    let large = [Entry { name: "file".to_owned(), body: Body::File(noise(300_000)) }];
    image.layers.push(pack(&large));
    // The image uses this layer twice.
    image.layers.push(image.layers[0].clone());
    image
}

/// Returns the entries of the same image as each engine writes them.
fn forms() -> Vec<Vec<Entry>> {
    let image = image();
    vec![
        image.docker_folders(),
        image.docker_blobs(),
        image.podman(),
        image.crane(),
        image.oci_only(),
        image.containerd(Packing::Plain, false),
        image.containerd(Packing::Gzip, true),
        image.containerd(Packing::Zstd, true),
    ]
}

fn open(bytes: Vec<u8>) -> Archive<Vec<u8>> {
    let proof = examine(&bytes, &ExamineOptions::default()).unwrap();
    Archive::new(bytes, &proof, "the archive").unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn compose(archive: &Archive<Vec<u8>>, options: &ImageTarOptions) -> Vec<u8> {
    let mut tar = ImageTar::new(archive, options).unwrap();
    let mut bytes = Vec::new();
    tar.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, tar.size(), "the size is known in advance");
    bytes
}

fn entries(tar: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut entries = BTreeMap::new();
    for entry in tar::Archive::new(Cursor::new(tar)).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert!(entries.insert(name, content).is_none(), "each entry once");
    }
    entries
}

fn naming() -> Naming {
    Naming::new(&Repository::parse("web").unwrap(), &Version::new("1.0+beta")).unwrap()
}

#[test]
fn the_composed_tar_contains_the_same_image() {
    for layout in [ImageLayout::Oci, ImageLayout::Docker] {
        for form in forms() {
            let archive = open(pack(&form));
            let options = ImageTarOptions::new().with_layout(layout).with_name(naming());
            let tar = compose(&archive, &options);
            let mut verifier = Verifier::new(VerifyOptions::new().with_decompress_layers(true));
            verifier.push(&tar).unwrap();
            let contents = verifier.finish().unwrap();
            let (found, expected) = (contents.identity(), archive.identity());
            assert_eq!((found.config, &found.diff_ids), (expected.config, &expected.diff_ids));
            assert_eq!(found.repo_tags, ["docker.io/library/web:1.0_beta"]);
            if layout == ImageLayout::Oci {
                let manifest = archive.manifest_descriptor().unwrap().digest;
                assert_eq!(found.manifests, [manifest]);
                assert!(expected.manifests.is_empty() || expected.manifests == [manifest]);
            }
        }
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_container_or_the_read_size() {
    for form in forms() {
        let tar = pack(&form);
        let expected = compose(&open(tar.clone()), &ImageTarOptions::new());
        for container in [sealift_zip(&tar), gzip(&tar)] {
            let proof = examine(&container, &ExamineOptions::default()).unwrap();
            let forward = Archive::for_one_pass(container.clone(), &proof, "the archive").unwrap();
            assert!(forward.index().blocks().is_none());
            assert!(compose(&forward, &ImageTarOptions::new()) == expected);
            let archive = open(container);
            assert!(compose(&archive, &ImageTarOptions::new()) == expected);
            let mut reader = ImageTar::new(&archive, &ImageTarOptions::new()).unwrap();
            let (mut bytes, mut buffer) = (Vec::new(), [0; 777]);
            while let count @ 1.. = reader.read(&mut buffer).unwrap() {
                bytes.extend_from_slice(&buffer[..count]);
            }
            assert!(bytes == expected);
        }
    }
}

#[test]
fn the_canonical_manifest_does_not_depend_on_the_writer() {
    let image = image();
    let layers = image.layers.iter().map(|layer| (Digest::of(layer), layer.len() as u64));
    let canonical = Manifest::canonical(&image.config(), layers);
    for form in [image.docker_folders(), image.podman()] {
        let archive = open(pack(&form));
        assert_eq!(archive.manifest().unwrap(), canonical);
        assert_eq!(archive.manifest_descriptor().unwrap(), canonical.descriptor());
        assert_eq!(archive.config().unwrap(), image.config());
    }
}

#[test]
fn the_archives_own_manifest_is_kept() {
    let image = image();
    for packing in [Packing::Plain, Packing::Gzip] {
        let form = image.containerd(packing, true);
        let archive = open(pack(&form));
        let descriptor = archive.manifest_descriptor().unwrap();
        let name = format!("blobs/sha256/{}", descriptor.digest.hex());
        let own = form.iter().find(|entry| entry.name == name).unwrap();
        assert_eq!(
            Body::File(entries(&compose(&archive, &ImageTarOptions::new()))[&name].clone()),
            own.body
        );
        assert_eq!(descriptor.media_type, media_type::IMAGE_MANIFEST);
        let layers = archive.image_layers().unwrap();
        let named = archive.manifest().unwrap().layers;
        assert!(layers.iter().map(|span| span.digest).eq(named.iter().map(|layer| layer.digest)));
        assert_eq!(layers.len(), 4, "the layer that is used twice is listed twice");
    }
}

#[test]
fn a_layer_in_two_forms_is_selected_by_the_manifest() {
    // `manifest.json` names the uncompressed layers, and the OCI manifest the compressed ones.
    let image = image();
    let mut form = image.containerd(Packing::Gzip, false);
    let plain = image.docker_blobs();
    let is_listed = |entry: &Entry| entry.name == "manifest.json";
    form.retain(|entry| !is_listed(entry));
    let others = plain
        .into_iter()
        .filter(|entry| is_listed(entry) || form.iter().all(|there| there.name != entry.name));
    let others: Vec<Entry> =
        others.filter(|entry| !["index.json", "repositories"].contains(&&*entry.name)).collect();
    form.extend(others);
    let archive = open(pack(&form));
    assert!(archive.layers().iter().any(|span| span.digest == span.diff_id));
    let named = archive.manifest().unwrap().layers;
    let layers = archive.image_layers().unwrap();
    assert!(layers.iter().map(|span| span.digest).eq(named.iter().map(|layer| layer.digest)));
    assert!(layers.iter().all(|span| span.digest != span.diff_id));
    compose(&archive, &ImageTarOptions::new());
}

#[test]
fn one_image_of_several_is_composed_alone() {
    let mut other = Image::new("web:1.0", 7);
    other.architecture = "arm64".to_owned();
    let bytes = pack(&joined(image().docker_folders(), other.podman()));
    let platform: sealift_oci::Platform = "linux/arm64".parse().unwrap();
    let options =
        ExamineOptions::default().with_verify(VerifyOptions::new().with_platform(platform.clone()));
    let proof = examine(&bytes, &options).unwrap();
    let archive = Archive::new(bytes, &proof, "the archive").unwrap();
    let tar = compose(&archive, &ImageTarOptions::new());
    let mut verifier = Verifier::new(VerifyOptions::default());
    verifier.push(&tar).unwrap();
    assert_eq!(verifier.finish().unwrap().identity().config.to_string(), other.id());
    let index: Index = parse_document(&entries(&tar)["index.json"]).unwrap();
    assert!(index.manifest_for(&platform).is_some());
}

#[test]
fn layers_are_left_out_of_the_tar_but_not_of_its_documents() {
    for form in forms() {
        let archive = open(pack(&form));
        let layers = archive.image_layers().unwrap();
        let left_out = layers[0].digest;
        let whole = entries(&compose(&archive, &ImageTarOptions::new()));
        let oci = ImageTarOptions::new().without_layers([left_out]);
        let mut part = entries(&compose(&archive, &oci));
        let name = format!("blobs/sha256/{}", left_out.hex());
        assert!(!part.contains_key(&name));
        part.insert(name.clone(), whole[&name].clone());
        assert_eq!(part, whole);

        let docker = ImageTarOptions::new().with_layout(ImageLayout::Docker);
        let whole = entries(&compose(&archive, &docker));
        let mut part = entries(&compose(&archive, &docker.without_layers([left_out])));
        let name = format!("{}.tar", layers[0].diff_id.hex());
        assert_eq!(part.get(&name), Some(&Vec::new()));
        part.insert(name.clone(), whole[&name].clone());
        assert_eq!(part, whole);
    }
}

#[test]
fn documents_and_names_match_their_snapshots() {
    let image = Image::new("web:1.0", 1);
    let archive = open(pack(&image.podman()));
    let named = entries(&compose(&archive, &ImageTarOptions::new().with_name(naming())));
    let text = |name: &str| String::from_utf8(named[name].clone()).unwrap();
    insta::assert_snapshot!(text("oci-layout"), @r#"{"imageLayoutVersion":"1.0.0"}"#);
    insta::assert_snapshot!(text("index.json"), @r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:aac3f95cad82d2bffaa12f9c2e5202485bce15180953bedf7769f0fb4625b809","size":547,"platform":{"architecture":"amd64","os":"linux"},"annotations":{"io.containerd.image.name":"docker.io/library/web:1.0_beta","org.opencontainers.image.ref.name":"docker.io/library/web:1.0_beta"}}]}"#);
    insta::assert_snapshot!(text("manifest.json"), @r#"[{"Config":"blobs/sha256/317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a","Layers":["blobs/sha256/b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3","blobs/sha256/17f210e4993eb63841948f9a40eb8f29c46a5c77ba840dc43398bec5383227a2"],"RepoTags":["docker.io/library/web:1.0_beta"]}]"#);
    let nameless = entries(&compose(&archive, &ImageTarOptions::new()));
    let text = |name: &str| String::from_utf8(nameless[name].clone()).unwrap();
    insta::assert_snapshot!(text("index.json"), @r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:aac3f95cad82d2bffaa12f9c2e5202485bce15180953bedf7769f0fb4625b809","size":547,"platform":{"architecture":"amd64","os":"linux"}}]}"#);
    insta::assert_snapshot!(text("manifest.json"), @r#"[{"Config":"blobs/sha256/317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a","Layers":["blobs/sha256/b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3","blobs/sha256/17f210e4993eb63841948f9a40eb8f29c46a5c77ba840dc43398bec5383227a2"],"RepoTags":null}]"#);
}

#[test]
fn an_index_without_documents_is_an_error() {
    let tar = pack(&image().docker_blobs());
    let archive = open(tar.clone());
    let index = sealift_archive::ArchiveIndex::new(
        archive.identity().clone(),
        archive.layers().to_vec(),
        tar.len() as u64,
    );
    let archive = Archive::new(tar, index, "the archive").unwrap();
    let error = ImageTar::new(&archive, &ImageTarOptions::new()).unwrap_err();
    assert_eq!(error.as_fault().unwrap().kind(), FaultKind::Unsupported);
    insta::assert_snapshot!(error.as_fault().unwrap(), @"the archive is not supported: its index does not contain the position of its config");
    assert!(archive.config().is_err() && archive.manifest().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_fails_before_the_end_of_the_tar(
        form in 0_usize..8,
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let mut tar = pack(&forms()[form]);
        let proof = examine(&tar, &ExamineOptions::default()).unwrap();
        let config = &proof.documents().unwrap().config;
        let manifest = proof.documents().unwrap().manifest.iter();
        let documents = manifest.chain([config]).map(|span| (span.offset, span.size));
        let layers = proof.layers().iter().map(|span| (span.offset, span.size));
        let spans: Vec<(u64, u64)> = layers.chain(documents).collect();
        let (offset, size) = spans[which.index(spans.len())];
        tar[offset as usize + at.index(size as usize)] ^= 1 << bit;

        let archive = Archive::new(tar, &proof, "the archive").unwrap();
        for layout in [ImageLayout::Oci, ImageLayout::Docker] {
            let mut reader = ImageTar::new(&archive, &ImageTarOptions::new().with_layout(layout)).unwrap();
            let mut bytes = Vec::new();
            match reader.read_to_end(&mut bytes) {
                Ok(_) => {
                    // The other layout does not contain the OCI manifest.
                    prop_assert!(layout == ImageLayout::Docker && offset != config.offset);
                    prop_assert!(proof.layers().iter().all(|span| span.offset != offset));
                }
                Err(error) => {
                    let error: Error = error.downcast().unwrap();
                    prop_assert_eq!(error.as_fault().unwrap().kind(), FaultKind::Damaged);
                    prop_assert!((bytes.len() as u64) < reader.size());
                    prop_assert!(reader.read(&mut [0; 1 << 20]).is_err(), "every further read fails");
                    // The bytes up to the error are not a complete archive.
                    let mut verifier = Verifier::new(VerifyOptions::default());
                    prop_assert!(verifier.push(&bytes).and_then(|()| verifier.finish().map(drop)).is_err());
                }
            }
        }
    }
}

#[test]
fn the_tar_does_not_depend_on_the_order_of_entries_or_on_other_entries() {
    let mut form = image().containerd(Packing::Plain, false);
    form.reverse();
    form.push(file("other", b"text".to_vec()));
    let archive = open(pack(&form));
    let expected = entries(&compose(
        &open(pack(&image().containerd(Packing::Plain, false))),
        &ImageTarOptions::new(),
    ));
    assert_eq!(entries(&compose(&archive, &ImageTarOptions::new())), expected);
}
