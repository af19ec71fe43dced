//! Bad input of every kind gets a message of its own, and changes nothing.

use std::path::Path;
use std::process::Command;

use sealift_testing::layouts::{Body, Entry, Image, Packing, compress, file, pack};

use crate::command::{Place, Said, image_name};
use crate::fake_engine::{FakeEngine, Save};
use crate::http::Images;

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

fn name(format: &str) -> String {
    format!("web_1.0.0.1_{}.{format}", &image().id()[7..19])
}

/// Runs what has to be refused, and holds the folder against what it was.
fn refused(place: &Place, arguments: &[&str]) -> Said {
    let before = place.state();
    let said = place.run(&[arguments, &["--progress", "none"]].concat());
    assert_ne!(said.code, 0, "{arguments:?}: {said:?}");
    assert_eq!(place.state(), before, "{arguments:?}");
    said
}

#[test]
fn no_engine() {
    let place = Place::new();
    place.put("readme.txt", b"mine");
    insta::assert_snapshot!(refused(&place, &["update", "web:1"]).refusal(), @"
    [6]
    error: cannot inspect `web:1` in the engine at HOST
      caused by: nobody answers at HOST (from DOCKER_HOST)
      caused by: No such file or directory (os error 2)
    hint: is the engine running? `sealift env` shows which one is used, and why
    ");
    let file = place.artifacts().join("readme.txt").display().to_string();
    let other = Place::with_engine(&format!("unix://{file}"));
    insta::assert_snapshot!(refused(&other, &["update", "web:1"]).refusal(), @"
    [6]
    error: cannot inspect `web:1` in the engine at HOST
      caused by: nobody answers at HOST (from DOCKER_HOST)
      caused by: Connection refused (os error 111)
    hint: is the engine running? `sealift env` shows which one is used, and why
    ");
    let wrong = Place::with_engine("ssh://somebody@somewhere");
    insta::assert_snapshot!(refused(&wrong, &["update", "web:1"]).refusal(), @"
    [2]
    error: DOCKER_HOST is `HOST`, but the scheme `ssh` is not spoken, only unix, tcp and http are
    ");
}

#[test]
fn a_folder_that_is_missing_or_is_a_file() {
    let place = Place::new();
    for reader in [&["list"][..], &["path", "web"], &["config"], &["verify"], &["clean", "--all"]] {
        assert_eq!(refused(&place, reader).code, 3, "{reader:?}");
    }
    insta::assert_snapshot!(refused(&place, &["list"]).refusal(), @"
    [3]
    error: there is no folder artifacts
    hint: `sealift update IMAGE:VERSION` makes it; --dir names another folder
    ");
    std::fs::write(place.artifacts(), "a file").unwrap();
    insta::assert_snapshot!(refused(&place, &["list"]).refusal(), @"
    [1]
    error: artifacts is not a folder
    hint: --dir names another folder
    ");
    let engine = FakeEngine::new(&image(), Save::Ends(Vec::new()));
    let place = Place::with_engine(&engine.host);
    std::fs::write(place.artifacts(), "a file").unwrap();
    insta::assert_snapshot!(refused(&place, &["update", "web:1"]).refusal(), @"
    [1]
    error: artifacts is not a folder
    hint: --dir names another folder
    ");
}

#[test]
fn names_that_no_archive_can_have() {
    let place = Place::new();
    insta::assert_snapshot!(refused(&place, &["update", "Web:1"]).refusal(), @"
    [2]
    error: `Web:1` is not an image reference: its part `Web` has `W` in upper case
    ");
    insta::assert_snapshot!(refused(&place, &["update", "web:a/b"]).refusal(), @"
    [2]
    error: `web:a/b` is not an image reference: `web:a` is not a host and port
    ");
    insta::assert_snapshot!(refused(&place, &["update", "web@sha256:0123"]).refusal(), @"
    [2]
    error: `web@sha256:0123` is not an image reference: it has a digest, but archives are named by image and version
    ");
    insta::assert_snapshot!(refused(&place, &["list", "a b\u{1b}[31m"]).refusal(), @r"
    [2]
    error: `a b\u{1b}[31m` is not a repository name: its part `a b\u{1b}[31m` has ` `, but takes only lowercase letters, digits, `.`, `_` and `-`
    ");
}

#[test]
fn names_from_the_folder_are_printed_with_control_characters_escaped() {
    let place = Place::new();
    place.put("web_1\u{1b}[31m\n_0123456789ab.docker", &pack(&image().podman()));
    let calls = [&["list"][..], &["verify"], &["config"], &["clean", "--all", "--keep", "0"]];
    for arguments in calls {
        let said = place.run(arguments);
        let text = said.stdout + &said.stderr;
        assert!(!text.contains('\u{1b}'), "{arguments:?}: {text}");
        assert!(
            text.contains("\\u{1b}[31m") || text.contains("\\u001b[31m"),
            "{arguments:?}: {text}"
        );
    }
}

/// What is done with an archive that is damaged like this.
fn with_archive(content: &[u8]) -> String {
    let place = Place::new();
    place.put(&name("docker"), content);
    assert_eq!(refused(&place, &["config"]).code, 5);
    assert_eq!(refused(&place, &["verify"]).code, 5);
    let cat = refused(&place, &["cat", "web"]);
    assert_eq!(cat.code, 5);
    // A reader of what cat wrote has no archive: its end is missing.
    assert!(!cat.stdout.as_bytes().ends_with(&[0; 1024]));
    assert!(place.run(&["clean", "--all", "--keep", "0"]).stderr.contains("nothing to clean"));

    let engine = FakeEngine::new(&Image::new("web:2", 2), Save::Ends(Vec::new()));
    let loading = Place::with_engine(&engine.host);
    loading.put(&name("docker"), content);
    let said = refused(&loading, &["load", "web"]);
    assert_eq!(said.code, 5);

    // It isn't taken for the image that is wanted: that is saved, in its place.
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
    hint: copy it again from where it came, or save the image again
    ");
}

#[test]
fn an_archive_with_garbage_behind_it() {
    let content = [pack(&image().podman()), b"garbage".to_vec()].concat();
    insta::assert_snapshot!(with_archive(&content), @"
    [5]
    error: artifacts/web_1.0.0.1_317c8f756f53.docker is damaged
      caused by: has other data after its end, at byte 16896
    hint: copy it again from where it came, or save the image again
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
    hint: copy it again from where it came, or save the image again
    ");
}

#[test]
fn an_archive_with_an_error_object() {
    let report = b"{\"errorDetail\":{\"message\":\"layer does not exist\"}}\r\n".to_vec();
    insta::assert_snapshot!(with_archive(&[pack(&image().podman()), report].concat()), @"
    [5]
    error: artifacts/web_1.0.0.1_317c8f756f53.docker is damaged
      caused by: the engine reported after 16896 bytes: layer does not exist
    hint: copy it again from where it came, or save the image again
    ");
}

/// What `add` says to an archive made elsewhere, what `update` says when an engine sends it, and `load` when
/// it stands in the folder: none of them changes anything.
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
      caused by: holds `manifest.json` twice, with different contents
    hint: copy it again from where it came, or save the image again
    ");
}

#[test]
fn an_archive_of_several_images() {
    let mut entries = image().docker_blobs();
    let other = Image::new("api:2.0", 9).docker_blobs();
    let listed = |entries: &[Entry]| {
        let manifest = entries.iter().find(|entry| entry.name == "manifest.json").unwrap();
        let Body::File(json) = &manifest.body else { panic!("a manifest is a file") };
        String::from_utf8(json[1..json.len() - 1].to_vec()).unwrap()
    };
    let both = format!("[{},{}]", listed(&entries), listed(&other));
    entries.extend(other.into_iter().filter(|entry| entry.name.starts_with("blobs/")));
    insta::assert_snapshot!(made_elsewhere(&replaced(entries, "manifest.json", &both)), @"
    [4]
    error: their.tar is of a form that isn't taken
      caused by: it holds 2 images (web:1.0.0.1, api:2.0); an archive holds one
    ");
}

#[test]
fn an_archive_whose_manifest_names_what_is_not_there() {
    let mut entries = image().docker_folders();
    entries.retain(|entry| !entry.name.ends_with("layer.tar"));
    insta::assert_snapshot!(made_elsewhere(&entries), @"
    [5]
    error: their.tar is damaged
      caused by: lacks layer 3ef3bd6c80bd7c673acc76fde924749be5cb8c7553fd17c2c3979f37a754f75b/layer.tar, which manifest.json names
    hint: copy it again from where it came, or save the image again
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
      caused by: `index.json` names no digest: `sha256:../../../../etc/passwd` is not `sha256:` and 64 lowercase hex digits
    hint: copy it again from where it came, or save the image again
    ");
    insta::assert_snapshot!(pointing(&sealift_testing::layouts::digest(b"elsewhere")), @"
    [5]
    error: their.tar is damaged
      caused by: lacks manifest blobs/sha256/7b1b763ee8f62eb88e4742a760f912d0b19bcd58b2b948999784bacc15a7f4d7, which index.json names
    hint: copy it again from where it came, or save the image again
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
    error: their.tar is of a form that isn't taken
      caused by: index.json points to something of the unknown kind `application/vnd.wasm.config.v1+json`
    ");
}

#[test]
fn an_archive_for_another_operating_system() {
    let mut image = image();
    image.os = "windows".to_owned();
    insta::assert_snapshot!(made_elsewhere(&image.docker_folders()), @"
    [4]
    error: their.tar is of a form that isn't taken
      caused by: it is an image for windows, only those for linux are taken
    ");
}

#[test]
fn an_image_of_several_platforms_needs_a_choice() {
    let manifests = ["amd64", "arm64"].map(|architecture| {
        serde_json::json!({
            "Kind": "image", "Available": true, "Descriptor": {"digest": image().id()},
            "ImageData": {"Platform": {"os": "linux", "architecture": architecture}},
        })
    });
    let image_shown = serde_json::json!({
        "Id": image().id(), "Os": "linux", "Architecture": "amd64",
        "Descriptor": {"digest": image().id()},
        "Manifests": manifests,
    });
    let engine = FakeEngine::showing(vec![image_shown], Save::Ends(Vec::new()));
    let place = Place::with_engine(&engine.host);
    place.put("readme.txt", b"mine");
    insta::assert_snapshot!(refused(&place, &["update", "web:1"]).refusal(), @"
    [2]
    error: `web:1` in the engine is for several platforms: linux/amd64, linux/arm64
    hint: choose one with --platform
    ");
    let s390x = ["update", "web:1", "--platform", "linux/s390x"];
    insta::assert_snapshot!(refused(&place, &s390x).refusal(), @"
    [3]
    error: `web:1` in the engine is for linux/amd64, linux/arm64, not for linux/s390x
    ");
    let nonsense = ["update", "web:1", "--platform", "arm"];
    insta::assert_snapshot!(refused(&place, &nonsense).refusal(), @"
    [2]
    error: `arm` is not a platform: OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, like linux/amd64
    ");
}

#[test]
fn zips_that_hold_no_image() {
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
    hint: web_1.0.0.1_317c8f756f53.zip holds no image; `sealift verify web` says why
    ");
    insta::assert_snapshot!(place.ok(&["verify", "-q"]).replace(&name("zip"), "ARCHIVE"), @"ARCHIVE  no image  the zip has 2 members instead of one");
    place.put(&name("zip"), &zip(&["a"]));
    insta::assert_snapshot!(place.ok(&["verify", "-q"]).replace(&name("zip"), "ARCHIVE"), @"ARCHIVE  no image  its content is no tar");
    assert_eq!(place.ok(&["config"]), "{}\n", "what holds no image is never latest");
    assert_eq!(place.ok(&["list", "--latest", "--json"]), "[]\n");
    place.ok(&["clean", "--all", "--keep", "0"]);
    assert_eq!(place.files(), [name("zip")], "and never cleaned");
}

#[test]
fn a_format_that_is_not_known_under_the_images_name() {
    let engine = FakeEngine::new(&image(), Save::Ends(pack(&image().podman())));
    let place = Place::with_engine(&engine.host);
    place.put(&name("tgz"), b"whatever");
    insta::assert_snapshot!(refused(&place, &["update", "web:1.0.0.1"]).refusal(), @"
    [4]
    error: `web:1.0.0.1` is archived as web_1.0.0.1_317c8f756f53.tgz, whose format `tgz` is neither docker nor zip
    hint: move web_1.0.0.1_317c8f756f53.tgz away, or give it the ending of what it is
    ");
}

/// Runs a test on a small file system of its own, if it may be mounted.
fn on_tmpfs(options: &str, test: impl FnOnce(&Place)) {
    let mut large = image();
    large.layers =
        vec![(0..1_000_000_u32).flat_map(|n| (n ^ n << 7).to_le_bytes()).take(1_000_000).collect()];
    let engine = FakeEngine::new(&large, Save::Ends(pack(&large.podman())));
    let place = Place::with_engine(&engine.host);
    std::fs::create_dir(place.artifacts()).unwrap();
    let mount = |extra: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", extra, "tmpfs"]).arg(place.artifacts());
        mount.status().is_ok_and(|status| status.success())
    };
    if !mount(options) {
        assert!(std::env::var_os("CI").is_none(), "CI may mount a tmpfs");
        eprintln!("a tmpfs can't be mounted here, so this wasn't tested");
        return;
    }
    let mounted = Mounted(&place.artifacts());
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&place)));
    drop(mounted);
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_disk_that_is_full() {
    on_tmpfs("size=256k", |place| {
        insta::assert_snapshot!(refused(place, &["update", "web:1.0.0.1"]).refusal(), @"
        [1]
        error: cannot write a staging file in artifacts
          caused by: No space left on device (os error 28)
        hint: make room, for instance with `sealift clean --all --keep 1`
        ");
        let said = refused(place, &["update", "web:1.0.0.1", "--compress"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert_eq!(place.files().len(), 0, "no staging is left");
    });
}

#[test]
fn a_folder_that_is_read_only() {
    on_tmpfs("ro", |place| {
        insta::assert_snapshot!(refused(place, &["update", "web:1.0.0.1"]).refusal(), @"
        [1]
        error: cannot write a staging file in artifacts
          caused by: Read-only file system (os error 30)
        ");
    });
}

fn an_image_or_tag_that_is_not_there(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let image = image_name();
    let _images = Images { host: &engine.host, name: &image };
    let place = Place::with_engine(&engine.host);
    place.put("readme.txt", b"mine");
    place.context(b"one");
    let said = refused(&place, &["update", &format!("{image}:9")]);
    assert_eq!(said.code, 3);
    assert_eq!(
        said.stderr,
        format!(
            "error: no image `{image}:9` in the engine at HOST\n\
             hint: build it first: sealift build {image}:9 PATH\n"
        )
    );
    place.ok(&["build", &format!("{image}:1"), "context"]);
    let said = refused(&place, &["update", &format!("{image}:9")]);
    assert!(said.stderr.contains("hint: it has "), "{said:?}");
    assert!(said.stderr.contains(&format!("{image}:1; build it first")), "{said:?}");
}

/// A build that fails says which step it was, and gives the last words of the engine.
fn a_build_that_fails(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let image = image_name();
    let _images = Images { host: &engine.host, name: &image };
    let place = Place::with_engine(&engine.host);
    let context = place.context(b"one");
    std::fs::write(context.join("Dockerfile"), "FROM scratch\nCOPY nothing /\n").unwrap();
    let said = refused(&place, &["build", &image, "context"]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("step 2/2 `COPY nothing /` failed"), "{said:?}");
    std::fs::remove_file(context.join("Dockerfile")).unwrap();
    let said = refused(&place, &["build", &image, "context"]);
    assert!(said.stderr.contains("there is no Dockerfile in context"), "{said:?}");
}

mod on_engine {
    mod docker {
        use super::super as all;

        #[test]
        fn an_image_or_tag_that_is_not_there() {
            all::an_image_or_tag_that_is_not_there("docker");
        }

        #[test]
        fn a_build_that_fails() {
            all::a_build_that_fails("docker");
        }
    }

    mod podman {
        use super::super as all;

        #[test]
        fn an_image_or_tag_that_is_not_there() {
            all::an_image_or_tag_that_is_not_there("podman");
        }

        #[test]
        fn a_build_that_fails() {
            all::a_build_that_fails("podman");
        }
    }
}
