//! The content and the order of `list`, and the selection by patterns.

use std::fs;

use sealift_testing::layouts::{Image, pack};

use crate::command::Place;

fn place() -> Place {
    let place = Place::new();
    for (seed, tag) in ["team/api:1.9.0.1", "team/api:1.10.0.1", "team/web:2.0.0.0", "db:1.0.0.3"]
        .into_iter()
        .enumerate()
    {
        let image = Image::new(tag, u8::try_from(seed).unwrap());
        fs::write(place.dir.path().join("file"), pack(&image.podman())).unwrap();
        place.ok(&["add", "file"]);
    }
    place
}

/// Returns `IMAGE VERSION` of all listed archives in one line.
fn listed(place: &Place, arguments: &[&str]) -> String {
    let columns = [&["list", "--columns", "image,version", "-q"], arguments].concat();
    let listed = place.ok(&columns);
    let words = listed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(":"));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn archives_are_listed_in_the_selected_order() {
    let place = place();
    let by_version = "db:1.0.0.3 team/api:1.10.0.1 team/api:1.9.0.1 team/web:2.0.0.0";
    assert_eq!(listed(&place, &["--sort", "version"]), by_version);
    assert_eq!(listed(&place, &["--dirty"]), "team/web:2.0.0.0");
    assert!(listed(&place, &["--sort", "age"]).ends_with("team/api:1.9.0.1"));
    let table = place.ok(&["list", "--columns", "version,state", "db"]);
    assert_eq!(table, "VERSION  STATE\n1.0.0.3  latest\n");
}

#[test]
fn patterns_select_images_and_versions() {
    let place = place();
    assert_eq!(listed(&place, &["team/w*"]), "team/web:2.0.0.0");
    assert_eq!(listed(&place, &["*:1.9.*", "db"]), "db:1.0.0.3 team/api:1.9.0.1");
    let said = place.run(&["list", "x*"]);
    assert_eq!(said.code, 3, "{said:?}");
    insta::assert_snapshot!(said.stderr, @"error: no image in artifacts matches `x*`");
    assert!(place.ok(&["verify", "team/*"]).lines().count() == 3);
    let out = place.ok(&["export", "team/*", "--for", "k3s", "--to", "out"]);
    assert!(
        out.contains("team/api:1.10.0.1  exported") && out.contains("team/web:2.0.0.0"),
        "{out}"
    );
    place.ok(&["publish", "./there", "team/*"]);
    assert_eq!(listed(&place, &["./there"]), "team/api:1.10.0.1 team/web:2.0.0.0");
    assert_eq!(listed(&place, &["./there", "*/w*", "--sort", "size"]), "team/web:2.0.0.0");
}

#[test]
fn each_result_is_a_line_of_json() {
    let place = place();
    let said = place.ok(&["export", "team/*", "--for", "k3s", "--to", "out", "--json=lines"]);
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines.iter().all(|line| line["exported"] == true), "{said}");
    let listed = place.ok(&["list", "--json=lines"]);
    assert_eq!(listed.lines().count(), 4, "{listed}");
}
