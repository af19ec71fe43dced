//! The output of `sealift show` about an archive.

use sealift_testing::layouts::{Image, pack};
use serde_json::json;

use crate::command::Place;

fn put(place: &Place, image: &Image) {
    std::fs::write(place.dir.path().join("image.tar"), pack(&image.podman())).unwrap();
    place.ok(&["add", "image.tar"]);
}

/// Returns an image with settings, a history and a long value in each.
fn image() -> Image {
    let mut image = Image::new("team/web:1.4.0.7", 7);
    let long = "word ".repeat(40);
    image.settings = json!({
        "Cmd": ["serve", "--port", "80 80"],
        "Entrypoint": ["/bin/app"],
        "Env": ["PATH=/usr/bin:/bin", format!("LONG={long}")],
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
        "Labels": {"org.opencontainers.image.revision": "91e8e31", "escape": "\u{1b}[31m"},
        "User": "1000",
        "WorkingDir": "/srv",
    });
    image.history = json!([
        {"created_by": "/bin/sh -c #(nop) COPY file:1 in /bin/app ", "created": "2026-01-02T03:04:05Z"},
        {"created_by": "RUN /bin/sh -c make install # buildkit", "comment": "buildkit.dockerfile.v0"},
        {"created_by": format!("/bin/sh -c {long}"), "empty_layer": true},
        {"comment": "squashed"},
        {},
    ]);
    image
}

#[test]
fn an_image_is_shown_with_its_layers_and_who_shares_them() {
    let place = Place::new();
    let newest = image();
    for (version, seed, shares) in
        [("1.4.0.5", 5, true), ("1.4.0.6", 6, true), ("1.4.0.4", 4, false)]
    {
        let mut older = Image::new(&format!("team/web:{version}"), seed);
        if shares {
            older.layers[0].clone_from(&newest.layers[0]);
        }
        put(&place, &older);
    }
    put(&place, &newest);
    let shown = place.ok(&["show", "team/web"]);
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let ages = regex::Regex::new(r"2026-01-02T03:04:05Z, .* ago").unwrap();
    insta::assert_snapshot!(ages.replace(&shown, "2026-01-02T03:04:05Z, AGE"));

    // An archive of the same image in the other format is not another archive, and one without a
    // record is not compared.
    std::fs::write(place.dir.path().join("image.tar"), pack(&newest.podman())).unwrap();
    place.ok(&["add", "image.tar", "--compress"]);
    std::fs::remove_dir_all(place.artifacts().join(".sealift")).unwrap();
    let said = place.ok(&["show", "team/web", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["layers"][0]["shared_with"], json!([]));
    assert_eq!(said["settings"], newest.settings);
    for version in ["1.4.0.5", "1.4.0.6", "1.4.0.4"] {
        place.ok(&["show", &format!("team/web:{version}")]);
    }
    let said = place.ok(&["show", "team/web", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["layers"][0]["shared_with"].as_array().map(Vec::len), Some(2), "{said}");
}

#[test]
fn missing_and_damaged_archives_are_not_shown() {
    let place = Place::new();
    put(&place, &image());
    assert_eq!(place.run(&["show", "web"]).code, 3);
    let name = place.files().remove(0);
    let mut content = std::fs::read(place.artifacts().join(&name)).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    place.put(&name, &content);
    let said = place.run(&["show", "team/web"]);
    assert_eq!((said.code, said.stdout.as_str()), (5, ""), "{said:?}");
}
