//! The main job, step by step: build, archive, list, config, and load into the engine.

use serde_json::Value;

use crate::command::{Place, image_name};
use crate::http::{Images, request};

fn main_job(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    let tag = |version: &str| format!("{name}:{version}");
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&place.ok(&[arguments, &["--json"]].concat())).unwrap()
    };

    place.context(b"one");
    let built = place.ok(&["build", &tag("1.0.0.1"), "context"]);
    assert!(built.starts_with(&format!("built {}  ", tag("1.0.0.1"))), "{built}");

    let plan = json(&["update", &tag("1.0.0.1"), "--dry-run"]);
    assert_eq!(plan["items"][0]["action"], "save");
    assert!(!place.artifacts().exists(), "a dry run creates nothing");

    let saved = json(&["update", &tag("1.0.0.1")]);
    let (id, plain) = (saved[0]["id"].as_str().unwrap(), saved[0]["path"].as_str().unwrap());
    let plain = plain.strip_prefix("artifacts/").unwrap();
    assert_eq!(plain, format!("{name}_1.0.0.1_{id}.docker"));
    assert_eq!(saved[0]["saved"], true);
    assert!(place.ok(&["update", &tag("1.0.0.1")]).contains("  unchanged  "));
    let tar = place.state().remove(plain).unwrap();

    let compressed = json(&["update", &tag("1.0.0.1"), "--compress"]);
    let zip = format!("{name}_1.0.0.1_{id}.zip");
    assert_eq!(compressed[0]["path"], format!("artifacts/{zip}"));
    assert_eq!(place.files(), std::slice::from_ref(&zip), "the plain archive is removed");

    let list = json(&["list"]);
    assert_eq!(list[0]["image"], name.as_str());
    assert_eq!(list[0]["latest"], true);
    assert_eq!(place.ok(&["path", &name]), format!("artifacts/{zip}\n"));
    let config = json(&["config", "https://cdn.example.org/images//"]);
    let entry = &config[&name];
    assert_eq!(entry["url"], format!("https://cdn.example.org/images/{zip}"));
    assert_eq!(entry["tag"], tag("1.0.0.1"));
    assert!(entry["digest"].as_str().unwrap().starts_with(&format!("sha256:{id}")));
    assert_eq!(entry["dirty"], false);
    let keys: Value = serde_json::from_str(&place.ok(&["config", "--format", "consul"])).unwrap();
    assert_eq!(keys[0]["key"], format!("genvid/images/{name}/archfmt"));
    assert_eq!(keys[0]["value"], "emlw");

    let cat = place.command(&["cat", &name, "-q"]).output().unwrap();
    assert!(cat.status.success() && cat.stdout == tar, "cat prints the bytes that the engine sent");

    images.remove();
    let loaded = place.ok(&["load", &name]);
    assert!(
        loaded.starts_with(&format!("{}  loaded  artifacts/{zip}", tag("1.0.0.1"))),
        "{loaded}"
    );
    let (status, _) =
        request(&engine.host, "GET", &format!("/v1.41/images/{}/json", tag("1.0.0.1")));
    assert_eq!(status, 200, "the engine has it under its name");
    assert!(place.ok(&["load", "--latest"]).contains("  unchanged  "));

    place.context(b"two");
    let built =
        place.ok(&["build", &tag("1.0.0.2"), "context", "--update", "--compress", "--clean"]);
    assert!(built.contains("  saved  ") && built.contains(&format!("removed  artifacts/{zip}")));
    assert_eq!(place.files().len(), 1);
    place.ok(&["update", &tag("1.0.0.1")]);
    place.ok(&["clean", &name, "--keep", "1", "--dry-run"]);
    assert_eq!(place.files().len(), 2);
    assert!(place.ok(&["clean", "--all"]).contains("1.0.0.1"));
    assert_eq!(place.files().len(), 1);
}

/// The failure of one image does not stop the others, and no archive of the failed image is
/// removed.
fn one_of_two_fails(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    let tag = |image: &str, version: &str| format!("{name}{image}:{version}");
    for image in ["", "-admin"] {
        place.ok(&["build", &tag(image, "1.0.0.1"), "context"]);
        place.ok(&["update", &tag(image, "1.0.0.1")]);
    }
    place.context(b"two");
    place.ok(&["build", &tag("", "1.0.0.2"), "context"]);
    let said = place.run(&["update", &tag("", "1.0.0.2"), &tag("-admin", "1.0.0.2"), "--clean"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stdout.contains("  saved  ") && said.stdout.contains("removed"), "{said:?}");
    let files = place.files();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[0].starts_with(&format!("{name}-admin_1.0.0.1_")), "{files:?}");
    assert!(files[1].starts_with(&format!("{name}_1.0.0.2_")), "{files:?}");
}

mod on_engine {
    mod docker {
        use super::super as all;

        #[test]
        fn does_the_main_job() {
            all::main_job("docker");
        }

        #[test]
        fn the_other_image_is_saved_if_one_fails() {
            all::one_of_two_fails("docker");
        }
    }

    mod podman {
        use super::super as all;

        #[test]
        fn does_the_main_job() {
            all::main_job("podman");
        }

        #[test]
        fn the_other_image_is_saved_if_one_fails() {
            all::one_of_two_fails("podman");
        }
    }
}
