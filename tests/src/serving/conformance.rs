//! The pull part of the OCI distribution specification, request by request.
//!
//! The groups have the names of the specification's conformance suite. Its requirements on a
//! registry that accepts pushes are applied to a folder.

use sealift_testing::layouts::{Image, digest};
use serde_json::Value;

use crate::command::Place;
use crate::serving::{Answer, Serving, add, add_image};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// An expected property of an answer.
enum Expected {
    /// This status.
    Status(u16),
    /// An error with this status and code, in the form of the specification.
    Error(u16, &'static str),
    /// A header with this value.
    Header(&'static str, String),
    /// No such header.
    NoHeader(&'static str),
    /// A body with this digest, which the header states as well.
    Digest(String),
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// These tags.
    Tags(&'static [&'static str]),
}

use Expected::{Bytes, Digest, Error, Header, NoHeader, Status, Tags};

impl Expected {
    /// Asserts the property of an answer. The body of an answer to HEAD is not sent, but described.
    fn hold(&self, request: &str, answer: &Answer) {
        let is_head = request.starts_with("HEAD");
        match self {
            Status(status) => assert_eq!(answer.status, *status, "{request}: {answer:?}"),
            Error(status, code) => {
                assert_eq!(answer.status, *status, "{request}: {answer:?}");
                assert_eq!(answer.header("content-type"), Some("application/json"), "{request}");
                if !is_head {
                    let errors: Value = serde_json::from_slice(&answer.body).unwrap();
                    let error = &errors["errors"][0];
                    assert_eq!(error["code"], *code, "{request}");
                    assert!(error["message"].is_string(), "{request}");
                }
            }
            Header(name, value) => {
                assert_eq!(answer.header(name), Some(value.as_str()), "{request}: {name}");
            }
            NoHeader(name) => assert_eq!(answer.header(name), None, "{request}: {name}"),
            Digest(name) => {
                assert_eq!(answer.status, 200, "{request}: {answer:?}");
                let stated = answer.header("docker-content-digest");
                assert_eq!(stated, Some(name.as_str()), "{request}");
                if !is_head {
                    assert_eq!(digest(&answer.body), *name, "{request}");
                }
            }
            Bytes(bytes) if is_head => assert_eq!(
                answer.header("content-length"),
                Some(bytes.len().to_string().as_str()),
                "{request}"
            ),
            Bytes(bytes) => assert!(answer.body == *bytes, "{request}"),
            Tags(tags) => {
                let list: Value = serde_json::from_slice(&answer.body).unwrap();
                assert_eq!(list, serde_json::json!({ "name": "team/web", "tags": tags }));
            }
        }
    }
}

fn header(name: &'static str, value: impl Into<String>) -> Expected {
    Header(name, value.into())
}

/// Requests each path, with an optional header, and compares the answers with the expected
/// properties. HEAD must have the same answer as GET, without a body.
fn check(serving: &Serving, requests: &[(&str, &str, &[Expected])]) {
    for (path, sent, expected) in requests {
        let sent = if sent.is_empty() { String::new() } else { format!("{sent}\r\n") };
        let [get, head] = ["GET", "HEAD"].map(|method| (method, serving.ask(method, path, &sent)));
        assert!(head.1.body.is_empty(), "{path}");
        assert_eq!(head.1.status, get.1.status, "{path}");
        for name in ["content-type", "content-length", "docker-content-digest", "link", "etag"] {
            assert_eq!(head.1.header(name), get.1.header(name), "{path}: {name}");
        }
        assert_eq!(get.1.header("docker-distribution-api-version"), Some("registry/2.0"), "{path}");
        for (method, answer) in [get, head] {
            let is_list = |of: &&Expected| method == "HEAD" && matches!(of, Tags(_));
            let request = format!("{method} {path} {sent}");
            expected.iter().filter(|of| !is_list(of)).for_each(|of| of.hold(&request, &answer));
        }
    }
}

#[test]
fn pull() {
    let place = Place::new();
    let image = Image::new("team/web:1.0.0.1", 1);
    add_image(&place, &image, &[]);
    let serving = Serving::start(&place);
    let none = digest(b"none");
    let at = |rest: &str| format!("/v2/team/web/{rest}");
    let manifest = serving.get(&at("manifests/1.0.0.1")).body;
    let name = digest(&manifest);
    let (config, layer) = (image.config(), &image.layers[0]);
    let size = layer.len();
    let blob = at(&format!("blobs/{}", digest(layer)));
    let ranged = |first: usize, last: usize| {
        let part = layer[first..=last].to_vec();
        [Status(206), Bytes(part), header("content-range", format!("bytes {first}-{last}/{size}"))]
    };
    let all_of_blob = [Digest(digest(layer)), Bytes(layer.clone())];
    let beyond = [Status(416), header("content-range", format!("bytes */{size}"))];
    check(
        &serving,
        &[
            ("/v2/", "", &[Status(200)]),
            // Manifests
            (
                &at("manifests/1.0.0.1"),
                "",
                &[Digest(name.clone()), Bytes(manifest.clone()), header("content-type", MANIFEST)],
            ),
            (&at("manifests/latest"), "", &[Digest(name.clone())]),
            (&at(&format!("manifests/{name}")), "", &[Digest(name.clone()), Bytes(manifest)]),
            (&at("manifests/1.0.0.1"), &format!("Accept: {MANIFEST}"), &[Digest(name.clone())]),
            (&at("manifests/1.0.0.1"), &format!("If-None-Match: \"{name}\""), &[Status(304)]),
            (&at("manifests/2"), "", &[Error(404, "MANIFEST_UNKNOWN")]),
            (&at("manifests/.INVALID_MANIFEST_NAME"), "", &[Error(404, "MANIFEST_UNKNOWN")]),
            (&at(&format!("manifests/{none}")), "", &[Error(404, "MANIFEST_UNKNOWN")]),
            ("/v2/other/manifests/1.0.0.1", "", &[Error(404, "MANIFEST_UNKNOWN")]),
            (&format!("/v2/other/manifests/{name}"), "", &[Error(404, "MANIFEST_UNKNOWN")]),
            // Blobs
            (&blob, "", &all_of_blob),
            (&at(&format!("blobs/{}", image.id())), "", &[Digest(image.id()), Bytes(config)]),
            (&at(&format!("blobs/{none}")), "", &[Error(404, "BLOB_UNKNOWN")]),
            (&at(&format!("blobs/{name}")), "", &[Error(404, "BLOB_UNKNOWN")]),
            (&blob.replace("team/web", "web"), "", &[Error(404, "BLOB_UNKNOWN")]),
            // Ranges
            (&blob, "Range: bytes=0-0", &ranged(0, 0)),
            (&blob, "Range: bytes=10-99", &ranged(10, 99)),
            (&blob, "Range: bytes=100-", &ranged(100, size - 1)),
            (&blob, "Range: bytes=-5", &ranged(size - 5, size - 1)),
            (&blob, "Range: bytes=0-99999999", &ranged(0, size - 1)),
            (&blob, &format!("Range: bytes={size}-"), &beyond),
            (&blob, "Range: bytes=9-8", &beyond),
            (&blob, "Range: lines=1-2", &all_of_blob),
            // Invalid names and digests
            ("/v2/TEAM/manifests/1.0.0.1", "", &[Error(404, "MANIFEST_UNKNOWN")]),
            ("/v2/team/../manifests/1.0.0.1", "", &[Error(404, "MANIFEST_UNKNOWN")]),
            (&at("blobs/sha256:abc"), "", &[Error(404, "BLOB_UNKNOWN")]),
            (&at("blobs/1.0.0.1"), "", &[Error(404, "BLOB_UNKNOWN")]),
            (&at("manifests/sha256:abc"), "", &[Error(404, "MANIFEST_UNKNOWN")]),
            (&at(&format!("blobs/sha512:{}", "0".repeat(128))), "", &[Error(404, "BLOB_UNKNOWN")]),
            (&at("blobs/"), "", &[Error(404, "BLOB_UNKNOWN")]),
            ("/v2/", "Range: bytes=0-0", &[Status(200)]),
            ("/v2/team", "", &[Error(404, "NAME_UNKNOWN")]),
            ("/v2/team/web", "", &[Error(404, "NAME_UNKNOWN")]),
            ("/v2/tags/list", "", &[Error(404, "NAME_UNKNOWN")]),
        ],
    );
}

#[test]
fn content_discovery() {
    let place = Place::new();
    for (seed, version) in ["1.0.0.1", "1.0.0.10", "1.0.0.9"].into_iter().enumerate() {
        add(&place, &format!("team/web:{version}"), u8::try_from(seed).unwrap());
    }
    let serving = Serving::start(&place);
    let list = "/v2/team/web/tags/list";
    let next = |query: &str| header("link", format!("<{list}?{query}>; rel=\"next\""));
    let referrers = format!("/v2/team/web/referrers/{}", digest(b"none"));
    let empty = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let nothing = || [Status(200), header("content-type", INDEX), Bytes(empty.to_vec())];
    check(
        &serving,
        &[
            // Sorted as bytes, which puts 10 before 9.
            (list, "", &[Tags(&["1.0.0.1", "1.0.0.10", "1.0.0.9", "latest"]), NoHeader("link")]),
            (
                &format!("{list}?n=2"),
                "",
                &[Tags(&["1.0.0.1", "1.0.0.10"]), next("n=2&last=1.0.0.10")],
            ),
            (
                &format!("{list}?n=2&last=1.0.0.10"),
                "",
                &[Tags(&["1.0.0.9", "latest"]), NoHeader("link")],
            ),
            (
                &format!("{list}?last=1.0.0.1"),
                "",
                &[Tags(&["1.0.0.10", "1.0.0.9", "latest"]), NoHeader("link")],
            ),
            // A tag that does not exist any more.
            (
                &format!("{list}?n=1&last=1.0.0.5"),
                "",
                &[Tags(&["1.0.0.9"]), next("n=1&last=1.0.0.9")],
            ),
            (&format!("{list}?last=z"), "", &[Tags(&[]), NoHeader("link")]),
            (&format!("{list}?n=0"), "", &[Tags(&[]), NoHeader("link")]),
            (&format!("{list}?n=99"), "", &[NoHeader("link")]),
            ("/v2/other/tags/list", "", &[Error(404, "NAME_UNKNOWN")]),
            // No image in a folder has referrers, whether the image exists or not.
            (&referrers, "", &nothing()),
            (&referrers, "", &[NoHeader("oci-filters-applied")]),
            (&format!("{referrers}?artifactType=application/spdx%2Bjson"), "", &nothing()),
            (
                &format!("{referrers}?artifactType=application/spdx%2Bjson"),
                "",
                &[header("oci-filters-applied", "artifactType")],
            ),
            ("/v2/team/web/referrers/sha256:abc", "", &[Error(400, "DIGEST_INVALID")]),
            ("/v2/team/web/referrers/latest", "", &[Error(400, "DIGEST_INVALID")]),
        ],
    );
}

/// Pushes are refused with the error of the specification.
#[test]
fn push_and_content_management() {
    let place = Place::new();
    add(&place, "team/web:1.0.0.1", 1);
    let serving = Serving::start(&place);
    let before = place.state();
    let name = digest(b"none");
    for (method, path) in [
        ("POST", "blobs/uploads/".to_owned()),
        ("POST", format!("blobs/uploads/?digest={name}")),
        ("POST", format!("blobs/uploads/?mount={name}&from=web")),
        ("PATCH", "blobs/uploads/1".to_owned()),
        ("PUT", format!("blobs/uploads/1?digest={name}")),
        ("PUT", "manifests/2".to_owned()),
        ("DELETE", "manifests/1.0.0.1".to_owned()),
        ("DELETE", format!("manifests/{name}")),
        ("DELETE", format!("blobs/{name}")),
    ] {
        let answer = serving.ask(method, &format!("/v2/team/web/{path}"), "Content-Length: 0\r\n");
        Error(405, "UNSUPPORTED").hold(&format!("{method} {path}"), &answer);
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method} {path}");
    }
    assert_eq!(place.state(), before);
}
