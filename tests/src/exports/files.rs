//! The content of the files: the requirements of k3s, RKE2 and the others, by their documentation
//! and source.

use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::command::Said;

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

fn json_of(entries: &[(String, Vec<u8>)], name: &str) -> Value {
    let (_, content) = entries.iter().find(|(of, _)| of == name).unwrap();
    serde_json::from_slice(content).unwrap()
}

/// k3s selects files by their extension, and imports all platforms in the index. kind reads the
/// names in `manifest.json`. kubelet searches for the name with the registry.
#[test]
fn a_file_has_one_platform_one_full_name_and_no_attestation() {
    for (writer, entries) in forms(&image()) {
        let place = place_with(&entries);
        for cluster in ["k3s", "rke2", "k0s", "containerd", "kind", "docker"] {
            let file = exported(&place, cluster, &[]);
            let id = &image().id()[7..19];
            assert!(file.ends_with(format!("out/web_1.0.0.1_{id}.tar")), "{file:?}");
            let entries = entries_of(&fs::read(&file).unwrap());
            // MicroK8s fails on entries that are not at the top or begin with `./`.
            assert!(entries.iter().all(|(name, _)| !name.starts_with('.')), "{writer}");
            assert_eq!(entries[0].0, "oci-layout", "{writer}");
            let last: Vec<&str> = entries.iter().rev().take(2).map(|(name, _)| &**name).collect();
            // A reader of an incomplete file finds no image.
            assert_eq!(last, ["manifest.json", "index.json"], "{writer}");

            let name = "docker.io/library/web:1.0.0.1";
            let index = json_of(&entries, "index.json");
            let manifests = index["manifests"].as_array().unwrap();
            assert_eq!(manifests.len(), 1, "{writer}: {index}");
            assert_eq!(manifests[0]["platform"], json!({"os": "linux", "architecture": "amd64"}));
            assert_eq!(manifests[0]["annotations"]["io.containerd.image.name"], name);
            assert_eq!(manifests[0]["annotations"]["org.opencontainers.image.ref.name"], name);
            let digest = manifests[0]["digest"].as_str().unwrap();
            let blob = |digest: &str| digest.replace("sha256:", "blobs/sha256/");
            let manifest = json_of(&entries, &blob(digest));
            assert_eq!(manifest["config"]["digest"], image().id(), "{writer}");
            assert_eq!(manifest["layers"].as_array().unwrap().len(), 2, "{writer}");

            let list = json_of(&entries, "manifest.json");
            assert_eq!(list.as_array().unwrap().len(), 1, "{writer}");
            assert_eq!(list[0]["RepoTags"], json!([name]), "{writer}");
            assert_eq!(list[0]["Config"], blob(&image().id()), "{writer}");
            for layer in list[0]["Layers"].as_array().unwrap() {
                let is_there = |(name, _): &(String, Vec<u8>)| *name == layer.as_str().unwrap();
                assert!(entries.iter().any(is_there), "{writer}: {layer}");
            }
            // The layout, the manifest, the config, two layers and the two documents.
            assert_eq!(entries.len(), 7, "{writer}: {entries:?}");
        }
    }
}

#[test]
fn the_registry_is_kept_in_the_name_of_the_image_and_of_the_file() {
    for (name, file, tag) in [
        ("team/web:1+beta", "team+web_1+beta", "docker.io/team/web:1_beta"),
        ("quay.io/team/web:1", "quay.io+team+web_1", "quay.io/team/web:1"),
        ("localhost:5000/web:1", "localhost++5000+web_1", "localhost:5000/web:1"),
    ] {
        let place = Place::new();
        add(&place, name, &image().podman(), &[]);
        let report = place.ok(&["export", "--all", "--for", "k3s", "--to", "out", "--json"]);
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report[0]["tag"], tag);
        assert_eq!(report[0]["path"], format!("out/{file}_{}.tar", &image().id()[7..19]));
        let said = place.run(&["export", "--all", "--for", "k3s", "--to", "out"]);
        assert!(said.stdout.contains("  unchanged  "), "{said:?}");
    }
}

#[test]
fn compressed_files_contain_the_same_tar_and_cat_writes_the_same_bytes() {
    let place = place_with(&image().containerd(Packing::Gzip, true));
    let plain = fs::read(exported(&place, "k3s", &[])).unwrap();
    let cat = |more: &[&str]| {
        let arguments = [&["cat", "web", "-q", "--for", "k3s"][..], more].concat();
        let output = place.command(&arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    assert!(cat(&[]) == plain);
    for (format, magic) in [("gz", &[0x1f, 0x8b][..]), ("zst", &[0x28, 0xb5, 0x2f, 0xfd])] {
        let file = exported(&place, "k3s", &["--compress", format]);
        assert!(file.to_string_lossy().ends_with(&format!(".tar.{format}")), "{file:?}");
        let content = fs::read(&file).unwrap();
        assert!(content.starts_with(magic) && content.len() < plain.len());
        assert!(cat(&["--compress", format]) == content);
        let mut unpack = std::process::Command::new(if format == "gz" { "gzip" } else { "zstd" });
        let unpacked = unpack.arg("-dc").arg(&file).output();
        // Not every system has zstd.
        if let Ok(unpacked) = unpacked {
            assert!(unpacked.stdout == plain, "{format}");
        }
    }
}

#[test]
fn a_format_that_the_cluster_would_ignore_is_refused() {
    let place = place_with(&image().podman());
    let said = |arguments: &[&str]| -> Said { place.run(arguments) };
    let to_k0s = said(&["export", "web", "--for", "k0s", "--to", "out", "--compress", "zst"]);
    insta::assert_snapshot!(to_k0s.refusal(), @"
    [2]
    error: k0s does not import .tar.zst files, only .tar
    ");
    let through = said(&["cat", "web", "--for", "containerd", "--compress", "gz"]);
    insta::assert_snapshot!(through.refusal(), @"
    [2]
    error: containerd does not import .tar.gz files, only .tar
    ");
    let unknown = said(&["export", "web", "--for", "swarm", "--to", "out"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.stderr.contains("[possible values: k3s, rke2, k0s, containerd, kind, docker]"));
    assert_eq!(said(&["cat", "web", "--compress", "gz"]).code, 2);
    assert!(!place.dir.path().join("out").exists());
}

/// Each exported file can be added again: the same image, under its name in the folder.
#[test]
fn add_accepts_every_exported_format() {
    for (writer, entries) in forms(&image()) {
        let place = place_with(&entries);
        let archives = place.files();
        for more in [&[][..], &["--compress", "gz"], &["--compress", "zst"]] {
            let file = exported(&place, "k3s", more);
            let other = Place::new();
            let added = other.ok(&["add", file.to_str().unwrap(), "--json"]);
            let added: Value = serde_json::from_str(&added).unwrap();
            assert_eq!(added[0]["image"], "web", "{writer}");
            assert_eq!(added[0]["version"], "1.0.0.1", "{writer}");
            assert_eq!(added[0]["digest"], image().id(), "{writer}");
            let stem = |name: &String| name.rsplit_once('.').unwrap().0.to_owned();
            assert_eq!(stem(&other.files()[0]), stem(&archives[0]), "{writer}");
        }
    }
}

/// An image for two platforms, as `docker save` writes it: each platform is exported separately.
#[test]
fn one_of_several_platforms_must_be_selected() {
    let place = Place::new();
    for architecture in ["amd64", "arm64"] {
        let other = Image { architecture: architecture.to_owned(), ..image() };
        add(&place, "web:1.0.0.1", &other.podman(), &[]);
    }
    for all in ["web", "--latest", "--all"] {
        let said = place.run(&["export", all, "--for", "k3s", "--to", "out"]);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:?}");
        assert!(said.stderr.contains("linux/amd64, linux/arm64"), "{said:?}");
        assert!(said.stderr.contains("--platform"), "{said:?}");
        assert!(!place.dir.path().join("out").exists(), "the unused new folder is removed");
    }
    let file = exported(&place, "k3s", &["--platform", "linux/arm64"]);
    let entries = entries_of(&fs::read(file).unwrap());
    let index = json_of(&entries, "index.json");
    assert_eq!(index["manifests"][0]["platform"]["architecture"], "arm64");
}

#[test]
fn only_the_added_image_of_an_archive_with_two_is_exported() {
    let other = Image { architecture: "arm64".to_owned(), ..Image::new("web:1.0.0.1", 9) };
    let both = joined(image().podman(), other.podman());
    let place = Place::new();
    add(&place, "web:1.0.0.1", &both, &["--platform", "linux/arm64"]);
    let file = exported(&place, "k3s", &[]);
    let entries = entries_of(&fs::read(file).unwrap());
    let index = json_of(&entries, "index.json");
    assert_eq!(index["manifests"][0]["platform"]["architecture"], "arm64");
    assert_eq!(entries.len(), 7, "{entries:?}");
}
