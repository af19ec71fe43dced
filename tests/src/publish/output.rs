//! The output of `publish` for people and scripts, 80 columns wide.

use super::source::{Destination, Source};

fn snapshot(name: &str, said: &str) {
    insta::with_settings!({
        filters => vec![("[0-9a-f]{64}", "<sha256>"), ("[0-9a-f]{12}", "<id>")],
    }, {
        insta::assert_snapshot!(name, said);
    });
}

#[test]
fn of_each_kind_of_result() {
    let source = Source::new(&["web:1.0.0.1", "team/api:1.0.0.1"]);
    let to = Destination::in_folder(&source.path("usb/images"));
    let publish = |options: &[&str]| source.published("artifacts", &to, options);
    snapshot("publish_planned", &publish(&["--dry-run"]));
    // Otherwise the order of the lines depends on the order of the uploads.
    snapshot("publish_first", &publish(&["--jobs", "1"]));
    snapshot("publish_nothing_new", &publish(&[]));
    assert_eq!(publish(&["-q"]), "");
    source.add("artifacts", &["web:1.0.0.2"]);
    snapshot("publish_next_planned", &publish(&["--dry-run", "--delete"]));
    snapshot("publish_next_planned_json", &publish(&["--dry-run", "--delete", "--json"]));
    snapshot("publish_next", &publish(&["-q"]));
    snapshot("publish_with_removals", &publish(&["--delete"]));
    snapshot("publish_json", &publish(&["--json"]));
}

#[test]
fn with_nothing_to_publish() {
    let source = Source::new(&[]);
    let to = Destination::in_folder(&source.path("published"));
    std::fs::create_dir(source.place.artifacts()).unwrap();
    let said = source.publish("artifacts", &to, &[]);
    insta::assert_snapshot!(said.refusal(), @"
    [3]
    error: there is no archive to publish in artifacts
    hint: run sealift update IMAGE:VERSION first
    ");
    let said = source.publish("missing", &to, &[]);
    insta::assert_snapshot!(said.refusal(), @"
    [3]
    error: there is no folder missing
    hint: run `sealift update IMAGE:VERSION` to create it, or pass another folder with --dir
    ");
    source.add("artifacts", &["web:2.0.0.0"]);
    let said = source.publish("artifacts", &to, &["--release"]);
    insta::assert_snapshot!(said.refusal(), @"
    [3]
    error: there is no release to publish in artifacts
    hint: omit --release to publish dirty builds
    ");
    let said = source.publish("artifacts", &to, &["web:9"]);
    insta::assert_snapshot!(said.refusal(), @"
    [3]
    error: no archive of `web:9` in artifacts
    hint: available: web:2.0.0.0
    ");
    assert!(!to.on_disk().exists());
}
