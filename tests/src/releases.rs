//! Releases that are built again, and failed calls that leave nothing behind.

use sealift_testing::layouts::{Image, pack};
use serde_json::Value;

use crate::command::{Place, image_name};
use crate::http::Images;

fn put(place: &Place, name: &str, tag: &str, seed: u8) {
    std::fs::write(place.dir.path().join(name), pack(&Image::new(tag, seed).podman())).unwrap();
}

#[test]
fn another_build_of_a_release_is_reported_or_refused() {
    let place = Place::new();
    put(&place, "one.tar", "web:1.0.0.7", 1);
    put(&place, "two.tar", "web:1.0.0.7", 2);
    place.ok(&["add", "one.tar", "--immutable"]);
    let before = place.files();
    let mut by_variable = place.command(&["add", "two.tar"]);
    let by_variable = place.said(by_variable.env("SEALIFT_IMMUTABLE", "1").output().unwrap());
    let by_flag = place.run(&["add", "two.tar", "--immutable"]);
    for said in [by_variable, by_flag] {
        assert_eq!(said.code, 1);
        let id = &before[0]["web_1.0.0.7_".len()..][..12];
        assert!(
            said.stderr.contains(&format!(
                "error: another build of the release `web:1.0.0.7` is already in artifacts: {id}; nothing was changed\n\
                 hint: give the new build another version"
            )),
            "{said:?}"
        );
    }
    assert_eq!(place.files(), before);
    let said = place.run(&["add", "two.tar"]);
    assert!(
        said.stderr.contains("web:1.0.0.7  rebuilt  previous id of this release: "),
        "{said:?}"
    );
    assert_eq!((said.code, place.files().len()), (0, 2));
}

#[test]
fn an_archive_gets_another_version() {
    let place = Place::new();
    put(&place, "one.tar", "web:1.0.0.7", 1);
    put(&place, "two.tar", "web:1.0.0.8", 2);
    place.ok(&["add", "one.tar", "two.tar"]);
    let before = place.files();
    let id = &before[0]["web_1.0.0.7_".len()..][..12];
    let stdout = place.ok(&["tag", "web:1.0.0.7", "web:1.1.0.1"]);
    assert!(
        stdout.starts_with(&format!("web:1.1.0.1  tagged  artifacts/web_1.1.0.1_{id}.docker  ")),
        "{stdout}"
    );
    assert!(place.ok(&["tag", "web:1.0.0.7", "web:1.1.0.1"]).contains("  unchanged  "));
    let after = place.files();
    assert_eq!(after.len(), 3);
    for (arguments, refusal) in [
        (
            ["tag", "web:1.0.0.7", "web:1.0.0.8"],
            "[1]\nerror: another build of the release `web:1.0.0.8` is already in artifacts: ID; nothing was changed\n\
             hint: give the new build another version\n",
        ),
        (["tag", "web:1.0.0.7", "web"], "[2]\nerror: `web` has no version; pass IMAGE:VERSION\n"),
        (
            ["tag", "web:3", "web:4"],
            "[3]\nerror: no archive of `web:3` in artifacts\nhint: available: web:1.1.0.1, web:1.0.0.8 and web:1.0.0.7\n",
        ),
    ] {
        let other = &before[1]["web_1.0.0.8_".len()..][..12];
        assert_eq!(place.run(&arguments).refusal().replace(other, "ID"), refusal);
        assert_eq!(place.files(), after);
    }
}

#[test]
fn a_call_that_fails_leaves_no_folder() {
    let place = Place::new();
    std::fs::write(place.dir.path().join("bad.tar"), "no archive").unwrap();
    for arguments in [
        &["update", "web:1"][..],
        &["add", "bad.tar"],
        &["add", "missing.tar"],
        &["--dir", "a/b/c", "add", "bad.tar"],
    ] {
        assert_ne!(place.run(arguments).code, 0);
        assert!(
            !place.artifacts().exists() && !place.dir.path().join("a").exists(),
            "{arguments:?}"
        );
    }
    // An existing folder stays, also an empty one.
    std::fs::create_dir(place.artifacts()).unwrap();
    assert_ne!(place.run(&["add", "bad.tar"]).code, 0);
    assert!(place.artifacts().exists());
}

fn a_plan_continues_after_a_missing_image(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    let tag = |version: &str| format!("{name}:{version}");
    place.ok(&["build", &tag("1.0.0.1"), "context"]);
    let missing = tag("9");
    let calls = [&["update", &missing][..], &["update", &missing, "--dry-run"]];
    for arguments in calls {
        assert_eq!(place.run(arguments).code, 3);
        assert!(!place.artifacts().exists(), "{arguments:?}");
    }

    let said = place.run(&["update", &missing, &tag("1.0.0.1"), "--dry-run"]);
    assert_eq!(said.code, 3);
    assert!(
        said.stderr.contains(&format!("error: no image `{missing}` in the engine")),
        "{said:?}"
    );
    assert!(said.stdout.contains(&format!("save    {}", tag("1.0.0.1"))), "{said:?}");

    let said = place.run(&["update", &missing, &tag("1.0.0.1"), "--dry-run", "--json"]);
    let plan: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(said.code, 3);
    assert_eq!(plan["items"][0]["error"]["code"], "not_found", "{plan}");
    assert_eq!(plan["items"][1]["action"], "save");
    assert_eq!(plan["items"][1]["replaces"], serde_json::json!([]));
    assert!(!place.artifacts().exists());

    // The image has an archive in a format that is not supported.
    place.ok(&["update", &tag("1.0.0.1")]);
    let archive = place.artifacts().join(&place.files()[0]);
    std::fs::rename(&archive, archive.with_extension("tgz")).unwrap();
    let there = tag("1.0.0.1");
    for arguments in [&["update", &there][..], &["update", &there, "--dry-run"]] {
        assert_eq!(place.run(arguments).code, 4, "{arguments:?}");
    }
}

mod on_engine {
    #[test]
    fn a_plan_continues_after_a_missing_image() {
        super::a_plan_continues_after_a_missing_image("docker");
    }
}
