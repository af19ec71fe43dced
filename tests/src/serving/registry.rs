//! The registry API, by the requests of the OCI distribution specification.

use sealift_testing::layouts::{Image, pack};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::command::Place;
use crate::serving::{Serving, add, add_zip};

pub(super) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[test]
fn an_image_is_pulled_by_single_requests() {
    let place = Place::new();
    add(&place, "team/web:1.0.0.1", 1);
    pull_by_hand(&place);
}

#[test]
fn an_image_is_pulled_from_a_zip() {
    let place = Place::new();
    add_zip(&place, "team/web:1.0.0.1", 1);
    pull_by_hand(&place);
}

fn pull_by_hand(place: &Place) {
    let serving = Serving::start(place);
    let api = serving.get("/v2/");
    assert_eq!((api.status, api.text()), (200, "{}"));
    assert_eq!(api.header("docker-distribution-api-version"), Some("registry/2.0"));

    let found = serving.get("/v2/team/web/manifests/1.0.0.1");
    assert_eq!(found.status, 200, "{found:?}");
    let manifest: Value = serde_json::from_slice(&found.body).unwrap();
    assert_eq!(found.header("content-type"), manifest["mediaType"].as_str());
    let name = digest(&found.body);
    assert_eq!(found.header("docker-content-digest"), Some(name.as_str()));
    let asked = serving.ask("HEAD", "/v2/team/web/manifests/1.0.0.1", "");
    assert_eq!((asked.status, asked.body.len()), (200, 0));
    for header in ["content-type", "content-length", "docker-content-digest", "etag"] {
        assert_eq!(asked.header(header), found.header(header), "{header}");
    }
    let by_digest = serving.get(&format!("/v2/team/web/manifests/{name}"));
    assert_eq!(by_digest.body, found.body);

    let layers = manifest["layers"].as_array().unwrap();
    for blob in layers.iter().chain([&manifest["config"]]) {
        let name = blob["digest"].as_str().unwrap();
        let path = format!("/v2/team/web/blobs/{name}");
        let whole = serving.get(&path);
        assert_eq!(digest(&whole.body), name);
        assert_eq!(whole.body.len() as u64, blob["size"].as_u64().unwrap());
        assert_eq!(whole.header("docker-content-digest"), Some(name));
        let part = serving.ask("GET", &path, "Range: bytes=5-20\r\n");
        assert_eq!((part.status, &part.body[..]), (206, &whole.body[5..21]));
        let range = format!("bytes 5-20/{}", whole.body.len());
        assert_eq!(part.header("content-range"), Some(range.as_str()));
        let rest = serving.ask("GET", &path, "Range: bytes=7-\r\n");
        assert_eq!((rest.status, &rest.body[..]), (206, &whole.body[7..]));
        let after = serving.ask("GET", &path, "Range: bytes=999999999-\r\n");
        assert_eq!(after.status, 416, "{after:?}");
        let head = serving.ask("HEAD", &path, "");
        assert_eq!(head.header("content-length"), whole.header("content-length"));
        let known = format!("If-None-Match: \"{name}\"\r\n");
        assert_eq!(serving.ask("GET", &path, &known).status, 304);
    }
    let referrers = serving.get(&format!("/v2/team/web/referrers/{name}"));
    assert_eq!(referrers.header("content-type"), Some("application/vnd.oci.image.index.v1+json"));
    assert_eq!(serving.json(&format!("/v2/team/web/referrers/{name}"))["manifests"], json!([]));
}

#[test]
fn images_and_tags_are_listed_in_pages() {
    let place = Place::new();
    for (seed, tag) in ["web:1.0.0.1", "web:1.0.0.2", "web:1.1.0.0", "team/api:dev", "db:1.0.0.1"]
        .iter()
        .enumerate()
    {
        add(&place, tag, seed as u8);
    }
    let serving = Serving::start(&place);
    let names = json!({ "repositories": ["db", "team/api", "web"] });
    assert_eq!(serving.json("/v2/_catalog"), names);
    let page = serving.get("/v2/_catalog?n=2");
    assert_eq!(page.text(), r#"{"repositories":["db","team/api"]}"#);
    assert_eq!(page.header("link"), Some("</v2/_catalog?n=2&last=team/api>; rel=\"next\""));
    let page = serving.get("/v2/_catalog?n=2&last=team/api");
    assert_eq!((page.text(), page.header("link")), (r#"{"repositories":["web"]}"#, None));
    let tags = json!({ "name": "web", "tags": ["1.0.0.1", "1.0.0.2", "1.1.0.0", "latest"] });
    assert_eq!(serving.json("/v2/web/tags/list"), tags);
    assert_eq!(serving.json("/v2/team/api/tags/list")["tags"], json!(["dev"]));
    let latest = serving.get("/v2/web/manifests/latest");
    assert_eq!(latest.body, serving.get("/v2/web/manifests/1.0.0.2").body);
}

#[test]
fn several_platforms_are_an_index() {
    let place = Place::new();
    let file = place.dir.path().join("image.tar");
    for (seed, architecture) in [(1, "arm64"), (2, "amd64")] {
        let mut image = Image::new("web:1.0.0.1", seed);
        image.architecture = architecture.to_owned();
        std::fs::write(&file, pack(&image.podman())).unwrap();
        place.ok(&["add", file.to_str().unwrap(), "-q"]);
    }
    let serving = Serving::start(&place);
    let found = serving.get("/v2/web/manifests/1.0.0.1");
    let index: Value = serde_json::from_slice(&found.body).unwrap();
    assert_eq!(found.header("content-type"), index["mediaType"].as_str());
    let manifests = index["manifests"].as_array().unwrap();
    let architecture = |at: usize| manifests[at]["platform"]["architecture"].as_str().unwrap();
    assert_eq!([architecture(0), architecture(1)], ["amd64", "arm64"]);
    let name = digest(&found.body);
    assert_eq!(serving.get(&format!("/v2/web/manifests/{name}")).body, found.body);
    for manifest in manifests {
        let name = manifest["digest"].as_str().unwrap();
        assert_eq!(digest(&serving.get(&format!("/v2/web/manifests/{name}")).body), name);
    }
    // A config has only one archive of each image.
    let config = serving.get("/images.json");
    assert_eq!(config.status, 409);
    assert!(config.text().contains("exists for several platforms"), "{}", config.text());
}

#[test]
fn missing_content_is_an_error_of_the_api() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start(&place);
    let none = digest(b"nothing");
    for (path, code) in [
        ("/v2/web/manifests/9", "MANIFEST_UNKNOWN"),
        ("/v2/api/manifests/1.0.0.1", "MANIFEST_UNKNOWN"),
        (&format!("/v2/web/manifests/{none}"), "MANIFEST_UNKNOWN"),
        (&format!("/v2/web/blobs/{none}"), "BLOB_UNKNOWN"),
        ("/v2/api/tags/list", "NAME_UNKNOWN"),
        ("/v2/nothing", "NAME_UNKNOWN"),
    ] {
        let answer = serving.get(path);
        assert_eq!(answer.status, 404, "{path}");
        let errors: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(errors["errors"][0]["code"], code, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = serving.ask(method, "/v2/web/blobs/uploads/", "Content-Length: 0\r\n");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}
