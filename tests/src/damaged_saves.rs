//! Saves that fail, on a fake engine: the exit code and the message are right, the folder is
//! unchanged, and the older archive is not removed.

use sealift_testing::layouts::{Body, Image, digest, pack};
use sealift_testing::spans;

use crate::command::{Place, Said};
use crate::fake_engine::{FakeEngine, Save, shown};

fn image() -> Image {
    Image::new("web:1.0.0.2", 2)
}

fn tar() -> Vec<u8> {
    pack(&image().docker_folders())
}

const REPORT: &[u8] = b"{\"errorDetail\":{\"message\":\"unexpected EOF from layer store\"},\"error\":\"unexpected EOF from layer store\"}";

/// Updates from this engine in a folder with an older archive, which must stay.
fn update(engine: &FakeEngine) -> Said {
    let place = Place::with_engine(&engine.host);
    let older = Image::new("web:1.0.0.1", 1);
    place.put(&format!("web_1.0.0.1_{}.docker", &older.id()[7..19]), &pack(&older.podman()));
    let before = place.state();
    let mut last = None;
    for arguments in [
        &["update", "web:1.0.0.2", "--clean"][..],
        &["update", "web:1.0.0.2", "--compress", "--clean"],
    ] {
        let said = place.run(&[arguments, &["--progress", "none"]].concat());
        assert_ne!(said.code, 0, "{said:?}");
        assert_eq!(place.state(), before, "{arguments:?}");
        last = Some(said);
    }
    last.unwrap()
}

fn refusal(save: Save) -> String {
    update(&FakeEngine::new(&image(), save)).refusal()
}

#[test]
fn a_complete_save_is_accepted() {
    for entries in [image().docker_folders(), image().docker_blobs(), image().podman()] {
        let engine = FakeEngine::new(&image(), Save::Ends(pack(&entries)));
        let place = Place::with_engine(&engine.host);
        assert!(place.ok(&["update", "web:1.0.0.2", "--compress"]).contains("  saved  "));
    }
}

#[test]
fn a_connection_that_is_interrupted() {
    insta::assert_snapshot!(refusal(Save::BreaksOff(tar()[..6000].to_vec())), @"
    [1]
    error: cannot save `web:1.0.0.2` from the engine at HOST
      caused by: the connection was lost after 6000 bytes of the answer
      caused by: error reading a body from connection
      caused by: unexpected EOF during chunk size line
    hint: try again; existing archives and images are unchanged
    ");
}

#[test]
fn an_engine_that_crashes_is_not_reported_as_unreachable() {
    let engine = FakeEngine::new(&image(), Save::Dies(tar()[..6000].to_vec()));
    let place = Place::with_engine(&engine.host);
    let said = place.run(&["update", "web:1.0.0.2", "--progress", "none"]);
    assert!(place.files().is_empty());
    assert!(said.stderr.contains("the connection was lost after 6000 bytes"), "{said:?}");
    assert_eq!(said.code, 1);
}

#[test]
fn an_answer_that_ends_regularly_but_too_early() {
    insta::assert_snapshot!(refusal(Save::Ends(tar()[..6000].to_vec())), @"
    [5]
    error: the save of `web:1.0.0.2` is damaged; nothing was changed in artifacts
      caused by: ends after 6000 bytes, 2704 bytes before the end of entry `3ef3bd6c80bd7c673acc76fde924749be5cb8c7553fd17c2c3979f37a754f75b/layer.tar`
    hint: try again; if it fails again, run `docker image inspect web:1.0.0.2` to see whether the engine still has every layer
    ");
}

#[test]
fn an_error_after_the_archive() {
    insta::assert_snapshot!(refusal(Save::Ends([&tar(), REPORT].concat())), @"
    [5]
    error: the save of `web:1.0.0.2` is damaged; nothing was changed in artifacts
      caused by: the engine reported after 16896 bytes: unexpected EOF from layer store
    hint: try again; if it fails again, run `docker image inspect web:1.0.0.2` to see whether the engine still has every layer
    ");
}

#[test]
fn an_error_in_the_middle_of_an_entry() {
    insta::assert_snapshot!(refusal(Save::Ends([&tar()[..6000], REPORT].concat())), @"
    [5]
    error: the save of `web:1.0.0.2` is damaged; nothing was changed in artifacts
      caused by: the engine reported after 6000 bytes: unexpected EOF from layer store
    hint: try again; if it fails again, run `docker image inspect web:1.0.0.2` to see whether the engine still has every layer
    ");
}

#[test]
fn an_error_before_the_connection_is_interrupted() {
    let said = refusal(Save::BreaksOff([&tar()[..6000], REPORT].concat()));
    assert!(said.contains("unexpected EOF from layer store"), "{said}");
}

#[test]
fn a_missing_blob() {
    let mut entries = image().docker_blobs();
    let layer = digest(&image().layers[0]).replace(':', "/");
    entries.retain(|entry| !entry.name.ends_with(&layer));
    insta::assert_snapshot!(refusal(Save::Ends(pack(&entries))), @"
    [5]
    error: the save of `web:1.0.0.2` is damaged; nothing was changed in artifacts
      caused by: lacks blob blobs/sha256/f1bb69de7810ec6d13f214d1b6caf563e46f6dc119b0f911043e97426e073af1, which blobs/sha256/b189810dad1cd8870225cbc804a58e2e062279f1171a3f6af24201a1a6389a41 names
    hint: try again; if it fails again, run `docker image inspect web:1.0.0.2` to see whether the engine still has every layer
    ");
}

#[test]
fn a_flipped_bit_in_a_layer() {
    let mut entries = image().docker_folders();
    let layer = entries.iter_mut().find(|entry| entry.name.ends_with("layer.tar")).unwrap();
    if let Body::File(content) = &mut layer.body {
        content[700] ^= 1;
    }
    insta::assert_snapshot!(refusal(Save::Ends(pack(&entries))), @"
    [5]
    error: the save of `web:1.0.0.2` is damaged; nothing was changed in artifacts
      caused by: layer 3ef3bd6c80bd7c673acc76fde924749be5cb8c7553fd17c2c3979f37a754f75b/layer.tar should be sha256:f1bb69de7810ec6d13f214d1b6caf563e46f6dc119b0f911043e97426e073af1, but is sha256:17050961989476725a39e0ac4163badccbc0f3d02e290e7f332e57b024c4cbb1
    hint: try again; if it fails again, run `docker image inspect web:1.0.0.2` to see whether the engine still has every layer
    ");
}

#[test]
fn another_image_than_the_inspected_one() {
    let other = Image::new("web:1.0.0.2", 9);
    insta::assert_snapshot!(refusal(Save::Ends(pack(&other.docker_folders()))), @"
    [5]
    error: the engine sent another image as `web:1.0.0.2`: 94b4e3b02f9a instead of 051d26888c31; nothing was changed in artifacts
    ");
}

#[test]
fn a_tag_that_moves_is_saved_again_once() {
    let moved = || vec![Image::new("web:1.0.0.2", 9), image()];
    let engine = FakeEngine::with_moving_tag(moved(), Save::Ends(tar()));
    let place = Place::with_engine(&engine.host);
    let said = place.run(&["update", "web:1.0.0.2"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("tag moved to another image, saving again"), "{said:?}");

    let images: Vec<Image> = (1..9).map(|seed| Image::new("web:1.0.0.2", seed)).collect();
    let engine = FakeEngine::with_moving_tag(images, Save::Ends(tar()));
    insta::assert_snapshot!(update(&engine).refusal(), @"
    [1]
    error: `web:1.0.0.2` was moved to another image during both attempts to save it
    ");
}

/// The engine reports an id that does not occur in its saves, as an engine that rewrites manifests
/// would. Then everything else that it reports of the image must agree.
#[test]
fn an_image_whose_id_is_not_in_the_save_is_identified_by_layers_and_settings() {
    let mut image_shown = shown(&image());
    image_shown["Id"] = digest(b"of a manifest that it does not save").into();
    image_shown["Descriptor"]["digest"] = image_shown["Id"].clone();
    let engine = FakeEngine::showing(vec![image_shown.clone()], Save::Ends(tar()));
    let place = Place::with_engine(&engine.host);
    assert!(place.ok(&["update", "web:1.0.0.2"]).contains("  saved  "));

    for (key, value) in [
        ("/Config/Cmd/0", "/bin/other"),
        ("/Created", "2026-01-02T03:04:06Z"),
        ("/Architecture", "arm64"),
        ("/RootFS/Layers/0", &digest(b"another layer")),
    ] {
        let mut other = image_shown.clone();
        *other.pointer_mut(key).unwrap() = value.into();
        let engine = FakeEngine::showing(vec![other], Save::Ends(tar()));
        let said = update(&engine);
        assert!(said.stderr.contains("the engine sent another image"), "{key}: {said:?}");
    }
}

/// A failing disk of the engine has this effect: the end of the archive is zeros, which also end a
/// tar.
#[test]
fn nothing_is_removed_after_a_save_without_its_end() {
    for entries in [image().docker_folders(), image().docker_blobs(), image().podman()] {
        let mut tar = pack(&entries);
        let manifest = spans(&tar).into_iter().find(|span| span.name == "manifest.json").unwrap();
        tar[manifest.begin..].fill(0);
        let engine = FakeEngine::new(&image(), Save::Ends(tar));
        let (said, files) = update_with_older(&engine);
        assert_ne!(said.code, 0, "{said:?}");
        assert!(files.contains(&older()), "{said:?}");
    }
}

fn older() -> String {
    format!("web_1.0.0.1_{}.docker", &Image::new("web:1.0.0.1", 1).id()[7..19])
}

/// Updates in a folder with an older archive. Returns the files in the folder afterwards.
fn update_with_older(engine: &FakeEngine) -> (Said, Vec<String>) {
    let place = Place::with_engine(&engine.host);
    place.put(&older(), &pack(&Image::new("web:1.0.0.1", 1).podman()));
    let said = place.run(&["update", "web:1.0.0.2", "--clean", "--progress", "none"]);
    (said, place.files())
}

/// No engine writes this, but it is a valid image.
#[test]
fn nothing_is_removed_after_a_save_without_a_manifest() {
    let engine = FakeEngine::new(&image(), Save::Ends(pack(&image().oci_only())));
    let (said, files) = update_with_older(&engine);
    assert!(said.stdout.contains("web:1.0.0.2  saved  "), "{said:?}");
    insta::assert_snapshot!(said.stderr, @"
    error: web_1.0.0.1_317c8f756f53.docker was not removed: the engine sent its successor without manifest.json
    hint: load the new archive to check that it works, then run the update with --clean again
    ");
    assert_eq!(said.code, 1);
    assert_eq!(files.len(), 2, "{files:?}");
}
