//! Layers of zips as gzip: the blocks of the zip, sent as they are.

use std::io::Write as _;
use std::process::{Command, Stdio};

use sealift_testing::layouts::{Image, file, noise, pack};
use serde_json::Value;

use crate::command::Place;
use crate::serving::{Serving, add};

const GZIP: &str = "Accept-Encoding: gzip\r\n";

/// Inflates a gzip stream with the system's program, which verifies its checksum and length.
fn gunzip(gzip: &[u8]) -> Vec<u8> {
    let mut command = Command::new("gzip");
    let command = command.args(["-d", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let gzip = gzip.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&gzip).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", output.status);
    output.stdout
}

/// Returns the paths of the layers of an image.
fn layers(serving: &Serving, name: &str) -> Vec<String> {
    let manifest: Value = serving.json(&format!("/v2/{name}/manifests/1.0.0.1"));
    let layers = manifest["layers"].as_array().unwrap();
    let path = |layer: &Value| format!("/v2/{name}/blobs/{}", layer["digest"].as_str().unwrap());
    layers.iter().map(path).collect()
}

#[test]
fn a_layer_of_a_zip_is_sent_as_gzip() {
    let place = Place::new();
    let mut image = Image::new("web:1.0.0.1", 1);
    let letters: Vec<u8> = noise(700_000).iter().map(|byte| b'a' + byte % 16).collect();
    image.layers = vec![pack(&[file("letters", letters)]), noise(300_000)];
    let saved = place.dir.path().join("image.tar");
    std::fs::write(&saved, pack(&image.podman())).unwrap();
    place.ok(&["add", saved.to_str().unwrap(), "--compress", "-q"]);
    let serving = Serving::start(&place);
    let [letters, noise] = &layers(&serving, "web")[..] else { panic!("two layers") };

    let plain = serving.get(letters);
    assert_eq!((plain.status, plain.header("content-encoding")), (200, None));
    assert_eq!(plain.header("vary"), Some("accept-encoding"));
    let gzip = serving.ask("GET", letters, GZIP);
    assert_eq!((gzip.status, gzip.header("content-encoding")), (200, Some("gzip")));
    assert_eq!(gzip.header("vary"), Some("accept-encoding"));
    assert_eq!(gzip.header("content-length"), Some(gzip.body.len().to_string().as_str()));
    assert_eq!(gzip.header("docker-content-digest"), plain.header("docker-content-digest"));
    assert!(gzip.body.len() < plain.body.len() * 2 / 3, "{}", gzip.body.len());
    assert!(gunzip(&gzip.body) == plain.body);

    // The entity tag differs from that of the uncompressed layer.
    let tag = gzip.header("etag").unwrap();
    assert_eq!(tag, format!("W/{}", plain.header("etag").unwrap()));
    let known = serving.ask("GET", letters, &format!("{GZIP}If-None-Match: {tag}\r\n"));
    assert_eq!((known.status, known.header("etag")), (304, Some(tag)));
    assert_eq!(known.header("vary"), Some("accept-encoding"));

    // An interrupted pull continues by a range of the layer itself.
    let rest = serving.ask("GET", letters, &format!("{GZIP}Range: bytes=400000-\r\n"));
    assert_eq!((rest.status, rest.header("content-encoding")), (206, None));
    assert!(rest.body == plain.body[400_000..]);

    // The answer to HEAD has the size of the uncompressed layer, and content that does not compress
    // is sent as it is.
    let head = serving.ask("HEAD", letters, GZIP);
    assert_eq!(head.header("content-length"), plain.header("content-length"));
    let noise = serving.ask("GET", noise, GZIP);
    assert_eq!((noise.body.len(), noise.header("content-encoding")), (300_000, None));
    assert_eq!(noise.header("vary"), Some("accept-encoding"));
    let (_, requests) = serving.stop();
    let sent = requests.iter().find(|request| request["bytes"] == gzip.body.len());
    assert!(sent.is_some(), "{requests:?}");
}

#[test]
fn layers_of_plain_archives_are_sent_as_they_are() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start(&place);
    for layer in layers(&serving, "web") {
        let answer = serving.ask("GET", &layer, GZIP);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, None));
    }
}
