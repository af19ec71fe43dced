//! The selection of `sealift config`, and the file that it writes.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use sealift_testing::layouts::{Image, pack};
use serde_json::Value;

use crate::command::Place;

/// Adds an image to the folder of archives.
fn add(place: &Place, tag: &str, seed: u8) {
    let file = place.dir.path().join("image.tar");
    std::fs::write(&file, pack(&Image::new(tag, seed).podman())).unwrap();
    place.ok(&["add", file.to_str().unwrap(), "-q"]);
}

fn place() -> Place {
    let place = Place::new();
    for (seed, tag) in
        ["web:1.0.0.1", "web:1.0.0.2", "web:2.0.0.0", "team/api:1.0_beta"].iter().enumerate()
    {
        add(&place, tag, seed as u8);
    }
    place
}

fn config(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&place.ok(&[&["config"], arguments].concat())).unwrap()
}

/// Returns `IMAGE=VERSION` for each entry.
fn versions(config: &Value) -> Vec<String> {
    let entries = config.as_object().unwrap().iter();
    entries.map(|(image, it)| format!("{image}={}", it["version"].as_str().unwrap())).collect()
}

#[test]
fn urls_are_percent_encoded_and_paths_are_not() {
    let place = place();
    add(&place, "localhost:5000/db:1", 9);
    let config = config(&place, &["https://bucket.example.org/images/"]);
    let path = config["team/api"]["path"].as_str().unwrap();
    assert!(path.starts_with("team/api_1.0+beta_"), "{path}");
    assert_eq!(
        config["team/api"]["url"],
        format!("https://bucket.example.org/images/{}", path.replace('+', "%2B"))
    );
    let url = config["localhost:5000/db"]["url"].as_str().unwrap();
    assert!(url.starts_with("https://bucket.example.org/images/localhost%2B5000/db_1_"), "{url}");
    assert!(place.artifacts().join(path).is_file());
}

#[test]
fn images_are_selected_and_versions_pinned() {
    let place = place();
    for (arguments, expected) in [
        (&[][..], &["team/api=1.0+beta", "web=2.0.0.0"][..]),
        (&["--release"], &["team/api=1.0+beta", "web=1.0.0.2"]),
        (&["web"], &["web=2.0.0.0"]),
        (&["web", "--release"], &["web=1.0.0.2"]),
        (&["docker.io/library/web:1.0.0.1"], &["web=1.0.0.1"]),
        (&["web:1.0.0.1", "team/api"], &["team/api=1.0+beta", "web=1.0.0.1"]),
        (&["team/api:1.0_beta"], &["team/api=1.0+beta"]),
        (&["web:2.0.0.0", "--release"], &["web=2.0.0.0"]),
        (&["/images", "web:1.0.0.1"], &["web=1.0.0.1"]),
        (&["web:1.0.0.1", "web:1.0.0.1"], &["web=1.0.0.1"]),
    ] {
        assert_eq!(versions(&config(&place, arguments)), expected, "{arguments:?}");
    }
    let selected = config(&place, &["/images", "web:1.0.0.1"]);
    assert!(selected["web"]["url"].as_str().unwrap().starts_with("/images/web_1.0.0.1_"));

    let sums = place.ok(&["config", "--format", "sums", "web:1.0.0.1", "web:1.0.0.2"]);
    assert_eq!(sums.lines().count(), 2);
    assert!(sums.contains("  web_1.0.0.1_") && sums.contains("  web_1.0.0.2_"), "{sums}");
    let keys: Value =
        serde_json::from_str(&place.ok(&["config", "--format", "consul", "team/api"])).unwrap();
    let is_of_api =
        |key: &Value| key["key"].as_str().unwrap().starts_with("genvid/images/team/api/");
    assert!(keys.as_array().unwrap().iter().all(is_of_api));
}

#[test]
fn impossible_selections_are_refused() {
    let place = place();
    for (arguments, code, message) in [
        (&["ftp.example.org/x:y/"][..], 2, "is neither an image nor a BASEURL"),
        (&["https://a.example.org/?token=1"], 2, "is not a valid BASEURL: it has a `?`"),
        (&["https://a.example.org/#x"], 2, "is not a valid BASEURL: it has a `#`"),
        (&["images/"], 2, "`images/` is neither an image nor a BASEURL"),
        (&["https:///x"], 2, "is not a valid BASEURL: it has no host"),
        (&["/images?x"], 2, "is not a valid BASEURL: it has a `?`"),
        (&["web", "/images"], 2, "BASEURL `/images` must be the first argument"),
        (&["web:1.0.0.1", "web:1.0.0.2"], 2, "`web:1.0.0.1` and `web:1.0.0.2` are both selected"),
        (&["db"], 3, "no archive of `db` in"),
        (&["web:9"], 3, "no archive of `web:9` in"),
        (&["team/api", "web:9"], 3, "no archive of `web:9` in"),
        (&["web", "--platform", "linux/s390x"], 3, "no archive of `web` for linux/s390x in"),
    ] {
        let said = place.run(&[&["config"], arguments].concat());
        assert_eq!(said.code, code, "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(message), "{arguments:?}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn an_empty_config_is_an_error_unless_it_is_allowed() {
    let place = Place::new();
    std::fs::create_dir(place.artifacts()).unwrap();
    insta::assert_snapshot!(place.run(&["config"]).refusal(), @"
    [3]
    error: there is no archive to publish in artifacts
    hint: pass --allow-empty to write an empty result
    ");
    add(&place, "web:1.0.0.0", 1);
    insta::assert_snapshot!(place.run(&["config", "--release"]).refusal(), @"
    [3]
    error: there is no release to publish in artifacts
    hint: pass --allow-empty to write an empty result
    ");
    assert_eq!(place.run(&["config", "--release", "--format", "sums"]).code, 3);
    assert_eq!(place.run(&["config", "--release", "web"]).code, 3);
    assert_eq!(place.ok(&["config", "--release", "--allow-empty"]), "{}\n");
    assert_eq!(place.ok(&["config", "--release", "--allow-empty", "--format", "sums"]), "");
}

#[test]
fn a_file_is_replaced_completely_or_not_at_all() {
    let place = place();
    let dir = place.dir.path();
    let names = || {
        let names = std::fs::read_dir(dir).unwrap();
        names.map(|entry| entry.unwrap().file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    let file = dir.join("images.json");
    assert_eq!(place.ok(&["config", "-o", "images.json"]), "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), place.ok(&["config"]));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("images.json", dir.join("link.json")).unwrap();
    let before = names();
    place.ok(&["config", "/images", "--format", "consul", "--output", "link.json"]);
    let consul = std::fs::read_to_string(&file).unwrap();
    assert_eq!(consul, place.ok(&["config", "/images", "--format", "consul"]));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(dir.join("link.json").is_symlink());

    place.ok(&["config", "--format", "sums", "-o", "images.json"]);
    let sums = std::fs::read_to_string(&file).unwrap();
    assert_eq!(sums, place.ok(&["config", "--format", "sums"]));
    assert_eq!(place.ok(&["config", "--format", "sums", "-o", "-"]), sums);
    for (arguments, code) in [
        (&["db"][..], 3),
        (&["web", "--platform", "linux/s390x"], 3),
        (&["https://a.example.org/?x"], 2),
    ] {
        let said = place.run(&[&["config", "-o", "images.json"], arguments].concat());
        assert_eq!(said.code, code, "{said:?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), sums);
    }
    insta::assert_snapshot!(place.run(&["config", "-o", "missing/images.json"]).refusal(), @"
    [1]
    error: cannot write missing/images.json
      caused by: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(place.run(&["config", "-o", "/dev/full"]).refusal(), @"
    [1]
    error: cannot write /dev/full
      caused by: No space left on device (os error 28)
    ");
    assert_eq!(names(), before, "nothing else is left");
}

/// On a full disk the existing file stays unchanged, and no other file is left over.
#[test]
fn a_failed_write_leaves_the_file_unchanged() {
    let place = place();
    let file = place.dir.path().join("images.json");
    std::fs::write(&file, "before").unwrap();
    let mut shell = std::process::Command::new("sh");
    // The limit is one block of 512 bytes. Because the signal is ignored, writing fails.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]);
    place.ok(&["config", "-q"]);
    let mut command = place.command_by(shell, &["config", "-o", "images.json"]);
    let said = place.said(command.output().unwrap());
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("cannot write images.json"), "{said:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
    let leftovers = std::fs::read_dir(place.dir.path()).unwrap().filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".sealift")
    });
    assert_eq!(leftovers.count(), 0);
}
