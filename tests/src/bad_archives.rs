//! Archives that are not accepted cause a specific error, and change nothing.

use std::process::Command;

use sealift_testing::layouts::{Body, Entry, Image, Packing, compress, file, joined, pack};

use crate::command::{Place, refused};
use crate::fake_engine::{FakeEngine, Save};

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

fn name(format: &str) -> String {
    format!("web_1.0.0.1_{}.{format}", &image().id()[7..19])
}

/// Returns the results of all commands on a folder with this damaged archive.
fn with_archive(content: &[u8]) -> String {
    let place = Place::new();
    place.put(&name("docker"), content);
    assert_eq!(refused(&place, &["config"]).code, 5);
    assert_eq!(refused(&place, &["verify"]).code, 5);
    let cat = refused(&place, &["cat", "web"]);
    assert_eq!(cat.code, 5);
    // The output of `cat` is recognizable as incomplete: its end is missing.
    assert!(!cat.stdout.as_bytes().ends_with(&[0; 1024]));
    assert!(
        place.run(&["clean", "--all", "--keep", "0", "--yes"]).stderr.contains("nothing to clean")
    );

    let engine = FakeEngine::new(&Image::new("web:2", 2), Save::Ends(Vec::new()));
    let loading = Place::with_engine(&engine.host);
    loading.put(&name("docker"), content);
    let said = refused(&loading, &["load", "web"]);
    assert_eq!(said.code, 5);

    // The damaged archive does not count as the image, so the image is saved in its place.
    let engine = FakeEngine::new(&image(), Save::Ends(pack(&image().podman())));
    let saving = Place::with_engine(&engine.host);
    saving.put(&name("docker"), content);
    assert!(saving.ok(&["update", "web:1.0.0.1"]).contains("  saved  "));
    assert_eq!(saving.ok(&["verify", "--deep", "-q"]), "");
    said.refusal()
}

#[test]
fn an_archive_that_is_truncated() {
    insta::assert_snapshot!(with_archive(&pack(&image().podman())[..5000]), @"
    [5]
    error: artifacts/web_1.0.0.1_317c8f756f53.docker is damaged
      caused by: ends after 5000 bytes, 120 bytes before the end of entry `b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3.tar`
    hint: copy it again from its source, or save the image again
    ");
}

#[test]
fn an_archive_with_garbage_after_its_end() {
    let content = [pack(&image().podman()), b"garbage".to_vec()].concat();
    insta::assert_snapshot!(with_archive(&content), @"
    [5]
    error: artifacts/web_1.0.0.1_317c8f756f53.docker is damaged
      caused by: has other data after its end, at byte 16896
    hint: copy it again from its source, or save the image again
    ");
}

#[test]
fn an_archive_with_a_wrong_layer() {
    let mut entries = image().podman();
    if let Body::File(content) = &mut entries[0].body {
        content[700] ^= 1;
    }
    insta::assert_snapshot!(with_archive(&pack(&entries)), @"
    [5]
    error: artifacts/web_1.0.0.1_317c8f756f53.docker is damaged
      caused by: layer b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3.tar should be sha256:b009bccdd424b3359024e8b42edd15ea78c8e60976f5a1172e303b21efade4b3, but is sha256:8739c0721c776d054e5cbbd97f3e8a8fcd03e4e0f383a5917868189c0ced1bfe
    hint: copy it again from its source, or save the image again
    ");
}

#[test]
fn an_archive_with_an_error_object() {
    let report = b"{\"errorDetail\":{\"message\":\"layer does not exist\"}}\r\n".to_vec();
    insta::assert_snapshot!(with_archive(&[pack(&image().podman()), report].concat()), @"
    [5]
    error: artifacts/web_1.0.0.1_317c8f756f53.docker is damaged
      caused by: the engine reported after 16896 bytes: layer does not exist
    hint: copy it again from its source, or save the image again
    ");
}

/// Returns the errors of `add` for an archive made by another tool, of `update` if an engine sends
/// it, and of `load` if the folder contains it. None of the commands changes anything.
fn made_elsewhere(entries: &[Entry]) -> String {
    let content = pack(entries);
    let place = Place::new();
    place.put("readme.txt", b"mine");
    std::fs::write(place.dir.path().join("their.tar"), &content).unwrap();
    let added = refused(&place, &["add", "their.tar"]);
    let compressed = compress(&content, Packing::Gzip);
    std::fs::write(place.dir.path().join("their.tar.gz"), compressed).unwrap();
    assert_eq!(refused(&place, &["add", "their.tar.gz"]).code, added.code);

    let engine = FakeEngine::new(&image(), Save::Ends(content.clone()));
    let updating = Place::with_engine(&engine.host);
    updating.put("readme.txt", b"mine");
    refused(&updating, &["update", "web:1.0.0.1"]);
    updating.put(&name("docker"), &content);
    refused(&updating, &["load", "web:1.0.0.1"]);
    added.refusal()
}

fn replaced(mut entries: Vec<Entry>, name: &str, content: &str) -> Vec<Entry> {
    entries.retain(|entry| entry.name != name);
    entries.push(file(name, content.as_bytes().to_vec()));
    entries
}

#[test]
fn an_archive_with_two_manifests() {
    let mut entries = image().podman();
    entries.push(file("manifest.json", b"[]".to_vec()));
    insta::assert_snapshot!(made_elsewhere(&entries), @"
    [5]
    error: their.tar is damaged
      caused by: contains `manifest.json` twice, with different contents
    hint: copy it again from its source, or save the image again
    ");
}

#[test]
fn an_archive_of_several_images() {
    let entries = joined(image().docker_blobs(), Image::new("api:2.0", 9).docker_blobs());
    insta::assert_snapshot!(made_elsewhere(&entries), @"
    [4]
    error: their.tar is not a supported archive
      caused by: it contains 2 images (web:1.0.0.1, api:2.0); an archive contains one
    hint: load it into an engine, then save the images that you need: sealift update IMAGE:VERSION…
    ");
}

#[test]
fn an_archive_whose_manifest_names_missing_files() {
    let mut entries = image().docker_folders();
    entries.retain(|entry| !entry.name.ends_with("layer.tar"));
    insta::assert_snapshot!(made_elsewhere(&entries), @"
    [5]
    error: their.tar is damaged
      caused by: lacks layer 3ef3bd6c80bd7c673acc76fde924749be5cb8c7553fd17c2c3979f37a754f75b/layer.tar, which manifest.json names
    hint: copy it again from its source, or save the image again
    ");
}

#[test]
fn an_archive_whose_index_points_outside() {
    let pointing = |digest: &str| {
        let index = format!(
            "{{\"manifests\":[{{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\
             \"digest\":\"{digest}\"}}]}}"
        );
        made_elsewhere(&replaced(image().docker_blobs(), "index.json", &index))
    };
    insta::assert_snapshot!(pointing("sha256:../../../../etc/passwd"), @"
    [5]
    error: their.tar is damaged
      caused by: `index.json` contains an invalid digest: `sha256:../../../../etc/passwd` is not `sha256:` and 64 lowercase hex digits
    hint: copy it again from its source, or save the image again
    ");
    insta::assert_snapshot!(pointing(&sealift_testing::layouts::digest(b"elsewhere")), @"
    [5]
    error: their.tar is damaged
      caused by: lacks manifest blobs/sha256/7b1b763ee8f62eb88e4742a760f912d0b19bcd58b2b948999784bacc15a7f4d7, which index.json names
    hint: copy it again from its source, or save the image again
    ");
}

#[test]
fn an_archive_with_an_unknown_media_type() {
    let manifest = sealift_testing::layouts::digest(b"x");
    let index = format!(
        "{{\"manifests\":[{{\"mediaType\":\"application/vnd.wasm.config.v1+json\",\"digest\":\"{manifest}\"}}]}}"
    );
    insta::assert_snapshot!(made_elsewhere(&replaced(image().oci_only(), "index.json", &index)), @"
    [4]
    error: their.tar is not a supported archive
      caused by: index.json refers to content of the unknown type `application/vnd.wasm.config.v1+json`
    ");
}

#[test]
fn an_archive_for_another_operating_system() {
    let mut image = image();
    image.os = "windows".to_owned();
    insta::assert_snapshot!(made_elsewhere(&image.docker_folders()), @"
    [4]
    error: their.tar is not a supported archive
      caused by: the image is for windows; only linux images are supported
    ");
}

#[test]
fn zips_that_contain_no_image() {
    let zip = |members: &[&str]| {
        let dir = tempfile::tempdir().unwrap();
        for member in members {
            std::fs::write(dir.path().join(member), "just some text ".repeat(100)).unwrap();
        }
        let zip = dir.path().join("out.zip");
        let made = Command::new("python3")
            .args(["-m", "zipfile", "-c"])
            .arg(&zip)
            .args(members)
            .current_dir(dir.path())
            .status();
        assert!(made.unwrap().success());
        std::fs::read(zip).unwrap()
    };
    let place = Place::new();
    place.put(&name("zip"), &zip(&["a", "b"]));
    insta::assert_snapshot!(refused(&place, &["path", "web"]).refusal(), @"
    [3]
    error: no archive of `web` in artifacts
    hint: web_1.0.0.1_317c8f756f53.zip contains no image; run `sealift verify web` for the reason
    ");
    insta::assert_snapshot!(place.ok(&["verify", "-q"]).replace(&name("zip"), "ARCHIVE"), @"ARCHIVE  no image  the zip has 2 members instead of one");
    place.put(&name("zip"), &zip(&["a"]));
    insta::assert_snapshot!(place.ok(&["verify", "-q"]).replace(&name("zip"), "ARCHIVE"), @"ARCHIVE  no image  its content is not a tar");
    assert_eq!(
        place.ok(&["config", "--allow-empty"]),
        "{}\n",
        "a file without an image is never the latest"
    );
    assert_eq!(place.ok(&["list", "--latest", "--json"]), "[]\n");
    place.ok(&["clean", "--all", "--keep", "0", "--yes"]);
    assert_eq!(place.files(), [name("zip")], "and is never removed");
}

#[test]
fn an_unknown_format_under_the_name_of_an_archive() {
    let engine = FakeEngine::new(&image(), Save::Ends(pack(&image().podman())));
    let place = Place::with_engine(&engine.host);
    place.put(&name("tgz"), b"whatever");
    insta::assert_snapshot!(refused(&place, &["update", "web:1.0.0.1"]).refusal(), @"
    [4]
    error: `web:1.0.0.1` is archived as web_1.0.0.1_317c8f756f53.tgz, whose format `tgz` is neither docker nor zip
    hint: move web_1.0.0.1_317c8f756f53.tgz away, or rename it with the extension of its format
    ");
}
