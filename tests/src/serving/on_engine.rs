//! Real engines pull from it.

use std::collections::BTreeSet;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use sealift_testing::layouts::{Image, file, noise, pack};
use serde_json::Value;

use crate::command::{Place, image_name};
use crate::http::{Images, request};
use crate::serving::Serving;

/// Pulls an image, and returns its id.
fn pull(engine: &sealift_testing::Engine, host: &str, name: &str, tag: &str) -> String {
    let path = match engine.name.as_str() {
        "podman" => {
            format!("/v4.0.0/libpod/images/pull?reference={host}/{name}:{tag}&tlsVerify=false")
        }
        _ => format!("/v1.41/images/create?fromImage={host}/{name}&tag={tag}"),
    };
    let (status, answer) = request(&engine.host, "POST", &path);
    assert_eq!(status, 200, "{answer}");
    id(engine, &format!("{host}/{name}:{tag}")).unwrap_or_else(|| panic!("{answer}"))
}

fn id(engine: &sealift_testing::Engine, image: &str) -> Option<String> {
    let (status, answer) = request(&engine.host, "GET", &format!("/v1.41/images/{image}/json"));
    if status != 200 {
        return None;
    }
    let start = answer.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&answer[start..]).into_iter::<Value>();
    values.next()?.ok()?["Id"].as_str().map(str::to_owned)
}

/// Returns the layers and configs that were asked for.
fn blobs(requests: &[Value]) -> BTreeSet<String> {
    let paths = requests.iter().filter(|request| request["method"] == "GET");
    let blobs = paths.filter_map(|request| request["path"].as_str()?.split_once("/blobs/"));
    blobs.map(|(_, digest)| digest.to_owned()).collect()
}

fn pulls(engine: &str, compress: bool) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    // No engine has these layers, also not from a run before.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().to_string();
    let layer = |name: &str, content: Vec<u8>| pack(&[file(name, content)]);
    let base = layer("base", [now.as_bytes(), &noise(700_000)].concat());
    let compress = if compress { &["--compress"][..] } else { &[] };
    for version in ["1.0.0.1", "1.0.0.2"] {
        let mut image = Image::new(&format!("{name}:{version}"), 1);
        image.layers = vec![base.clone(), layer("version", format!("{version} {now}").into())];
        let saved = place.dir.path().join("image.tar");
        fs::write(&saved, pack(&image.podman())).unwrap();
        place.ok(&[&["add", saved.to_str().unwrap()], compress].concat());
    }

    let serving = Serving::start(&place);
    let host = serving.host.clone();
    let first = pull(&engine, &host, &name, "1.0.0.1");
    let of_first = blobs(&serving.requests.lock().unwrap());
    let second = pull(&engine, &host, &name, "1.0.0.2");
    let latest = pull(&engine, &host, &name, "latest");
    assert_eq!(latest, second);
    let (code, requests) = serving.stop();
    assert_eq!(code, Some(0));
    assert_eq!(of_first.len(), 3, "a config and two layers: {requests:?}");
    let both = blobs(&requests);
    assert_eq!(both.len(), 5, "a config and the layer that is new: {requests:?}");

    for (version, pulled) in [("1.0.0.1", first), ("1.0.0.2", second)] {
        let tag = format!("{name}:{version}");
        place.ok(&["load", &tag]);
        assert_eq!(id(&engine, &tag), Some(pulled), "the image is the one that load puts there");
    }
}

mod docker {
    #[test]
    fn pulls() {
        super::pulls("docker", true);
    }

    #[test]
    fn pulls_plain_archives() {
        super::pulls("docker", false);
    }
}

mod podman {
    #[test]
    fn pulls() {
        super::pulls("podman", true);
    }
}

mod moby_classic {
    #[test]
    fn pulls() {
        super::pulls("moby-classic", true);
    }
}

mod moby_containerd {
    #[test]
    fn pulls() {
        super::pulls("moby-containerd", true);
    }
}

mod trixie_containerd {
    #[test]
    fn pulls() {
        super::pulls("trixie-containerd", true);
    }
}
