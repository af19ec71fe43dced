//! Bad input of every kind causes a specific error, and changes nothing.

use std::path::Path;
use std::process::Command;

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, image_name, refused};
use crate::fake_engine::{FakeEngine, Save};
use crate::http::Images;

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

#[test]
fn no_engine() {
    let place = Place::new();
    place.put("readme.txt", b"mine");
    insta::assert_snapshot!(refused(&place, &["update", "web:1"]).refusal(), @"
    [6]
    error: cannot inspect `web:1` in the engine at HOST
      caused by: no engine answers at HOST (from DOCKER_HOST)
      caused by: No such file or directory (os error 2)
    hint: check that the engine is running; `sealift env` shows which one is used, and why
    ");
    let file = place.artifacts().join("readme.txt").display().to_string();
    let other = Place::with_engine(&format!("unix://{file}"));
    insta::assert_snapshot!(refused(&other, &["update", "web:1"]).refusal(), @"
    [6]
    error: cannot inspect `web:1` in the engine at HOST
      caused by: no engine answers at HOST (from DOCKER_HOST)
      caused by: Connection refused (os error 111)
    hint: check that the engine is running; `sealift env` shows which one is used, and why
    ");
    let wrong = Place::with_engine("npipe:////./pipe/docker_engine");
    insta::assert_snapshot!(refused(&wrong, &["update", "web:1"]).refusal(), @"
    [2]
    error: DOCKER_HOST is `HOST`, but the scheme `npipe` is not supported; use unix, tcp, http, https or ssh
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
    hint: run `sealift update IMAGE:VERSION` to create it, or pass another folder with --dir
    ");
    std::fs::write(place.artifacts(), "a file").unwrap();
    insta::assert_snapshot!(refused(&place, &["list"]).refusal(), @"
    [1]
    error: artifacts is not a folder
    hint: pass another folder with --dir
    ");
    let engine = FakeEngine::new(&image(), Save::Ends(Vec::new()));
    let place = Place::with_engine(&engine.host);
    std::fs::write(place.artifacts(), "a file").unwrap();
    insta::assert_snapshot!(refused(&place, &["update", "web:1"]).refusal(), @"
    [1]
    error: artifacts is not a folder
    hint: pass another folder with --dir
    ");
}

/// A missing image, archive or folder of archives has the exit code 3, a missing file of an option
/// or a missing build context has 2.
#[test]
fn files_that_do_not_exist() {
    let place = Place::new();
    place.put("web_1.0.0.1_317c8f756f53.docker", &pack(&image().podman()));
    for arguments in [
        &["load", "./none.tar"][..],
        &["add", "none.tar"],
        &["path", "none"],
        &["list", "./none"],
        &["verify", "./none"],
        &["fetch", "./none"],
        &["list", "--dir", "none"],
        &["serve", "--dir", "none"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 3, "{arguments:?} {said:?}");
    }
    std::fs::create_dir(place.dir.path().join("empty")).unwrap();
    for arguments in [
        &["load", "web", "--hosts", "none"][..],
        &["load", "web", "--signed-by", "none"],
        &["verify", "--signed-by", "none"],
        &["fetch", "./none", "--signed-by", "none"],
        &["publish", "./out", "--sign", "none"],
        &["serve", "--auth", "none"],
        &["serve", "--tls-cert", "none", "--tls-key", "none"],
        &["serve", "--tls-cert", "none", "--tls-key", "none", "--print-config", "docker"],
        &["build", "web:1", "none"],
        &["build", "-t", "web:1", "none"],
        &["build", "web:1", "empty"],
        &["build", "web:1", "empty", "--file", "none"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 2, "{arguments:?} {said:?}");
    }
}

#[test]
fn names_that_no_archive_can_have() {
    let place = Place::new();
    insta::assert_snapshot!(refused(&place, &["update", "Web:1"]).refusal(), @"
    [2]
    error: `Web:1` is not an image reference: its part `Web` is not valid: it contains the uppercase letter `W`
    ");
    insta::assert_snapshot!(refused(&place, &["update", "web:a/b"]).refusal(), @"
    [2]
    error: `web:a/b` is not an image reference: `web:a` is not a host and port
    ");
    insta::assert_snapshot!(refused(&place, &["update", "web@sha256:0123"]).refusal(), @"
    [2]
    error: `web@sha256:0123` is not an image reference: it contains a digest; archives are named by image and version
    ");
    insta::assert_snapshot!(refused(&place, &["list", "a b\u{1b}[31m"]).refusal(), @r"
    [2]
    error: `a b\u{1b}[31m` is not an image reference: its part `a b\u{1b}[31m` is not valid: it contains ` `; only lowercase letters, digits, `.`, `_` and `-` are allowed
    ");
}

#[test]
fn names_from_the_folder_are_printed_with_control_characters_escaped() {
    let place = Place::new();
    place.put("web_1\u{1b}[31m\n_0123456789ab.docker", &pack(&image().podman()));
    let calls = [&["list"][..], &["verify"], &["config"], &["clean", "--all", "--dirty"]];
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
    error: `arm` is not a platform: expected OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/amd64
    ");
}

/// Runs a test on a separate tmpfs, if it can be mounted.
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
        eprintln!("this was not tested, because no tmpfs can be mounted");
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
        error: cannot archive `web:1.0.0.1`
          caused by: cannot write a staging file in artifacts
          caused by: No space left on device (os error 28)
        hint: free space on that disk, or pass a folder on another one with --dir; `sealift clean --all --dry-run` lists old archives that can be removed
        ");
        let said = refused(place, &["update", "web:1.0.0.1", "--compress"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert_eq!(place.files().len(), 0, "no staging file is left");
    });
}

#[test]
fn a_folder_that_is_read_only() {
    on_tmpfs("ro", |place| {
        insta::assert_snapshot!(refused(place, &["update", "web:1.0.0.1"]).refusal(), @"
        [1]
        error: cannot archive `web:1.0.0.1`
          caused by: cannot write a staging file in artifacts
          caused by: Read-only file system (os error 30)
        ");
    });
}

fn a_missing_image_or_tag(engine: &str) {
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
    assert!(said.stderr.contains("hint: available: "), "{said:?}");
    assert!(said.stderr.contains(&format!("{image}:1; build it first")), "{said:?}");
}

/// The error of a failed build names the step and has the last lines of the engine's output.
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
    assert!(said.stderr.contains("there is no Dockerfile or dockerfile in context"), "{said:?}");
}

mod on_engine {
    mod docker {
        use super::super as all;

        #[test]
        fn a_missing_image_or_tag() {
            all::a_missing_image_or_tag("docker");
        }

        #[test]
        fn a_build_that_fails() {
            all::a_build_that_fails("docker");
        }
    }

    mod podman {
        use super::super as all;

        #[test]
        fn a_missing_image_or_tag() {
            all::a_missing_image_or_tag("podman");
        }

        #[test]
        fn a_build_that_fails() {
            all::a_build_that_fails("podman");
        }
    }
}
