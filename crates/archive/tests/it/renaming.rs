//! Tests of renaming: a renamed archive has the same name in every place and the same image.

use std::io::Read as _;

use proptest::prelude::*;
use sealift_archive::{Contents, Fault, Naming, Renamer, VerifyOptions};
use sealift_filename::{Repository, Version};
use sealift_oci::{Identity, Platform};
use sealift_testing::layouts::{Body, Entry, Image, Packing, file, joined, pack};
use serde_json::{Value, json};

use crate::layouts::{all_layouts, check_spans, verify};

fn naming(repository: &str, version: &str) -> Naming {
    Naming::new(&Repository::parse(repository).unwrap(), &Version::new(version)).unwrap()
}

/// Renames a tar that is pushed in pieces of this length.
fn rename(tar: &[u8], naming: &Naming, piece: usize) -> Result<(Vec<u8>, Contents), Fault> {
    let mut renamer = Renamer::new(naming.clone(), VerifyOptions::default());
    let mut output = Vec::new();
    for bytes in tar.chunks(piece) {
        renamer.push(bytes, &mut output)?;
    }
    let proof = renamer.finish(&mut output)?;
    Ok((output, proof))
}

/// Returns a tar as sealift writes it.
pub(crate) fn renamed(tar: &[u8]) -> Vec<u8> {
    rename(tar, &naming("web", "1.0"), 4096).unwrap().0
}

/// Returns the values of a proof that describe the renamed archive.
fn outcome(proof: &Contents) -> (&Identity, &Value, u64) {
    (proof.identity(), proof.settings(), proof.plain_size())
}

/// Reads the names and contents of all entries with another tar reader, and links as empty files.
fn entries(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(tar);
    archive
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().display().to_string(), content)
        })
        .collect()
}

fn document(tar: &[u8], name: &str) -> Option<Value> {
    let found: Vec<_> = entries(tar).into_iter().filter(|(entry, _)| entry == name).collect();
    assert!(found.len() < 2, "there is at most one {name}");
    found.first().map(|(_, content)| serde_json::from_slice(content).unwrap())
}

#[test]
fn every_renamed_layout_carries_exactly_one_name() {
    let name = naming("team/web", "2.0+beta");
    for (layout, entries_before) in all_layouts(&Image::new("vendor:1", 1)) {
        let tar = pack(&entries_before);
        let before = verify(&tar).unwrap();
        let (renamed, proof) = rename(&tar, &name, 777).unwrap();

        let expected = verify(&renamed).unwrap();
        assert_eq!(outcome(&proof), outcome(&expected), "{layout}: the proof describes the output");
        assert_eq!(proof.layers(), expected.layers(), "{layout}");
        check_spans(&renamed, &proof, layout);
        assert_eq!(proof.identity().config, before.identity().config, "{layout}");
        assert_eq!(proof.identity().manifests, before.identity().manifests, "{layout}");
        assert_eq!(proof.identity().indexes, before.identity().indexes, "{layout}");
        assert_eq!(proof.settings(), before.settings(), "{layout}");
        assert!(proof.carries(&name) && !before.carries(&name), "{layout}");

        let manifest = document(&renamed, "manifest.json").expect("every archive gets one");
        assert_eq!(manifest.as_array().unwrap().len(), 1, "{layout}");
        assert_eq!(manifest[0]["RepoTags"], json!(["team/web:2.0_beta"]), "{layout}");
        if let Some(index) = document(&renamed, "index.json") {
            assert_eq!(
                index["manifests"][0]["annotations"],
                json!({
                    "io.containerd.image.name": "docker.io/team/web:2.0_beta",
                    "org.opencontainers.image.ref.name": "team/web:2.0_beta",
                }),
                "{layout}"
            );
        }
        assert_eq!(entries(&renamed).last().unwrap().0, "manifest.json", "{layout}");
    }
}

#[test]
fn the_legacy_repositories_keep_their_id() {
    let mut before = Image::new("vendor:1", 1).docker_folders();
    before.retain(|entry| entry.name != "repositories");
    let names = json!({"vendor": {"1": "aa11", "latest": "aa11"}, "other": {"1": "aa11"}});
    before.push(file("repositories", names.to_string().into_bytes()));
    let (renamed, _) = rename(&pack(&before), &naming("web", "1.0"), 4096).unwrap();
    assert_eq!(document(&renamed, "repositories"), Some(json!({"web": {"1.0": "aa11"}})));
}

#[test]
fn all_names_of_an_index_become_one() {
    let mut entries_before = Image::new("web:1", 1).containerd(Packing::Gzip, true);
    for entry in entries_before.iter_mut().filter(|entry| entry.name == "index.json") {
        let Entry { body: sealift_testing::layouts::Body::File(content), .. } = entry else {
            panic!()
        };
        let mut index: Value = serde_json::from_slice(content).unwrap();
        let mut second = index["manifests"][0].clone();
        second["annotations"] = json!({"io.containerd.image.name": "docker.io/library/web:latest"});
        index["manifests"].as_array_mut().unwrap().push(second);
        *content = index.to_string().into_bytes();
    }
    let (renamed, proof) = rename(&pack(&entries_before), &naming("web", "1"), 4096).unwrap();
    assert_eq!(proof.identity().repo_tags, ["web:1"]);
    let index = document(&renamed, "index.json").unwrap();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 1);
}

#[test]
fn a_qualified_name_contains_the_registry() {
    let tar = pack(&Image::new("vendor:1", 1).podman());
    let (renamed, _) = rename(&tar, &naming("web", "1").qualified(), 4096).unwrap();
    let manifest = document(&renamed, "manifest.json").unwrap();
    assert_eq!(manifest[0]["RepoTags"], json!(["docker.io/library/web:1"]));
}

#[test]
fn one_of_several_platforms_is_selected_and_the_others_are_dropped() {
    let (intel, mut arm) = (Image::new("web:1", 1), Image::new("web:1", 2));
    arm.architecture = "arm64".to_owned();
    let both = joined(intel.podman(), arm.podman());
    let tar = pack(&both);
    assert_eq!(
        verify(&tar).unwrap_err().reason().to_string(),
        "it contains an image for several platforms: linux/amd64, linux/arm64"
    );

    let platform =
        |text: &str| VerifyOptions::new().with_platform(text.parse::<Platform>().unwrap());
    let first = crate::layouts::verify_with(&tar, platform("linux/arm64/v8"), 4096).unwrap();
    assert_eq!(first.identity().config.to_string(), arm.id());

    let name = naming("web", "1");
    assert!(!first.carries(&name));
    let mut renamer = Renamer::new(name.clone(), platform("linux/arm64")).only(&first);
    let mut picked = Vec::new();
    renamer.push(&tar, &mut picked).unwrap();
    let proof = renamer.finish(&mut picked).unwrap();
    assert_eq!(proof, verify(&picked).unwrap());
    assert_eq!(proof.identity().config.to_string(), arm.id());
    assert!(proof.carries(&name));
    let mut names: Vec<String> = entries(&picked).into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(names.len(), 4, "config, two layers, manifest.json: {names:?}");

    let other = crate::layouts::verify_with(&tar, platform("linux/s390x"), 4096).unwrap_err();
    assert_eq!(
        other.reason().to_string(),
        "it contains an image for linux/amd64, linux/arm64, not for linux/s390x"
    );
}

#[test]
fn the_end_of_a_damaged_archive_is_not_written() {
    let image = Image::new("web:1", 1);
    let mut tar = pack(&image.podman());
    let at = tar.len() / 3;
    tar[at] ^= 1;
    let mut renamer = Renamer::new(naming("web", "1"), VerifyOptions::default());
    let mut output = Vec::new();
    let pushed = renamer.push(&tar, &mut output);
    assert!(pushed.is_err() || renamer.finish(&mut output).is_err());
    assert!(!entries(&output).iter().any(|(name, _)| name == "manifest.json"));
}

#[test]
fn a_list_instead_of_an_object_is_refused() {
    let mut entries = Image::new("vendor:1", 1).docker_blobs();
    let index = entries.iter_mut().find(|entry| entry.name == "index.json").unwrap();
    let Body::File(content) = &mut index.body else { panic!("it is a file") };
    let mut document: Value = serde_json::from_slice(content).unwrap();
    let descriptor = document["manifests"][0].clone();
    document["manifests"][0] = json!([descriptor["mediaType"], descriptor["digest"]]);
    *content = document.to_string().into_bytes();
    let fault = rename(&pack(&entries), &naming("web", "1"), 777).unwrap_err();
    assert!(matches!(&fault, Fault::BadMetadata { entry, .. } if entry == "index.json"), "{fault}");
}

proptest! {
    #[test]
    fn renaming_again_changes_nothing(
        layout in 0..8_usize,
        piece in 1..9000_usize,
        shuffle in any::<prop::sample::Index>(),
    ) {
        let (_, mut entries) = all_layouts(&Image::new("vendor:1", 1)).swap_remove(layout);
        let middle = shuffle.index(entries.len());
        entries.rotate_left(middle);
        let name = naming("web", "1.0");
        let (once, first) = rename(&pack(&entries), &name, piece).unwrap();
        let (twice, second) = rename(&once, &name, 4096).unwrap();
        prop_assert_eq!(once, twice);
        prop_assert_eq!(outcome(&first), outcome(&second));
    }
}
