//! Only archives and their descriptions are served, for any path.

use std::fs;
use std::os::unix::fs::symlink;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use crate::command::Place;
use crate::serving::{Serving, add};

const SECRET: &str = "must not be served";

#[test]
fn no_path_leads_out_of_the_archives() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let outside = place.dir.path().join("secret.txt");
    fs::write(&outside, SECRET).unwrap();
    for name in ["secret.txt", ".sealift/secret.txt", ".hidden/secret.txt", "web/secret.txt"] {
        place.put(name, SECRET.as_bytes());
    }
    place.put("web_1.0.0.3_0123456789ab.docker", SECRET.as_bytes());
    symlink(&outside, place.artifacts().join("web_1.0.0.2_0123456789ab.docker")).unwrap();
    symlink(&outside, place.artifacts().join("SHA256SUMS.sig")).unwrap();
    let serving = Serving::start(&place);
    let archive = place.files().into_iter().find(|name| name.contains("1.0.0.1")).unwrap();
    let outside = outside.display().to_string();
    let pieces = [
        "/",
        "/",
        "/",
        "//",
        "..",
        "/../",
        ".",
        "%2e%2e",
        "%2F",
        "%2f..%2f",
        "%00",
        "%5c",
        "\\",
        "..;",
        "%252e%252e%252f",
        "%c0%ae",
        "\u{feff}",
        "?",
        "?n=1&last=",
        "#",
        "@",
        ":",
        "http://x/",
        "file://",
        "v2/",
        "web",
        "/manifests/",
        "/blobs/",
        "/tags/list",
        "artifacts",
        "secret.txt",
        ".sealift",
        ".hidden",
        "SHA256SUMS",
        ".sig",
        "images.json",
        ".blocks",
        "healthz",
        "web_1.0.0.2_0123456789ab.docker",
        "web_1.0.0.3_0123456789ab.docker",
        &archive,
        &outside,
    ]
    .map(str::to_owned)
    .to_vec();
    let served = fs::read(place.artifacts().join(&archive)).unwrap();
    let target = prop::collection::vec(select(pieces), 1..8).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::new(ProptestConfig { cases: 1000, ..ProptestConfig::default() });
    let asked = runner.run(&target, |target| {
        let host = &serving.host;
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = serving.send(request.as_bytes());
        let is_archive = answer.ends_with(&served);
        let text = String::from_utf8_lossy(&answer);
        prop_assert!(is_archive || !text.contains(SECRET), "{text}");
        prop_assert!(text.starts_with("HTTP/1.1 "), "{text}");
        prop_assert!(["200", "400", "404"].contains(&&text[9..12]), "{text}");
        Ok(())
    });
    asked.unwrap();
    assert_eq!(serving.get(&format!("/{archive}")).body, served);
}
