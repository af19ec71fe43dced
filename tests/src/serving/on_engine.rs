//! Pulls by real engines.

use sealift_testing::Engine;
use sealift_testing::layouts::{Image, digest};

use crate::command::{Place, image_name};
use crate::http::Images;
use crate::serving::pulls::{Base, assert_layers_sent_once, blobs, bytes_of, id, pull};
use crate::serving::{Serving, add_image};

const VERSIONS: [&str; 2] = ["1.0.0.1", "1.0.0.2"];

/// Creates a folder with two versions of an image that share a layer.
fn two_versions(engine: &Engine, name: &str, more: &[&str]) -> (Place, [Image; 2]) {
    let place = Place::with_engine(&engine.host);
    let base = Base::new(700_000);
    let images = VERSIONS.map(|version| base.image(name, version));
    images.iter().for_each(|image| add_image(&place, image, more));
    (place, images)
}

/// The second version is pulled after the first one: only its own layer and config are sent, once.
fn pulls(engine: &str, more: &[&str]) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let (place, images) = two_versions(&engine, &name, more);
    let serving = Serving::start(&place);
    let host = serving.host.clone();
    let pulled = VERSIONS.map(|version| pull(&engine, &host, &name, version));
    let latest = pull(&engine, &host, &name, "latest");
    assert_eq!(latest, pulled[1]);
    let (code, requests) = serving.stop();
    assert_eq!(code, Some(0));
    assert_layers_sent_once(&requests, &images);
    let base = &images[0].layers[0];
    let is_smaller = bytes_of(&requests, &digest(base)) < base.len() as u64;
    assert_eq!(is_smaller, more.contains(&"--compress"), "as gzip out of a zip: {requests:?}");

    for (version, pulled) in VERSIONS.into_iter().zip(pulled) {
        let tag = format!("{name}:{version}");
        place.ok(&["load", &tag]);
        assert_eq!(id(&engine, &tag), Some(pulled), "the image is the one that load puts there");
    }
}

/// Pulls the second version after the first one was loaded from its archive. Returns the number of
/// blobs that were sent.
fn pulls_after_load(engine: &str) -> Option<usize> {
    let engine = sealift_testing::engine(engine)?;
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let (place, _) = two_versions(&engine, &name, &[]);
    place.ok(&["load", &format!("{name}:1.0.0.1")]);
    let serving = Serving::start(&place);
    let host = serving.host.clone();
    let pulled = pull(&engine, &host, &name, VERSIONS[1]);
    let (_, requests) = serving.stop();
    let tag = format!("{name}:1.0.0.2");
    place.ok(&["load", &tag]);
    assert_eq!(id(&engine, &tag), Some(pulled));
    Some(blobs(&requests).len())
}

mod docker {
    #[test]
    fn pulls() {
        super::pulls("docker", &["--compress"]);
    }

    #[test]
    fn pulls_plain_archives() {
        super::pulls("docker", &[]);
    }

    #[test]
    fn reuses_layers_of_pulls_but_not_of_loads() {
        assert!(super::pulls_after_load("docker").is_none_or(|sent| sent == 3));
    }
}

mod podman {
    #[test]
    fn pulls() {
        super::pulls("podman", &["--compress"]);
    }

    #[test]
    fn reuses_layers_of_pulls_and_loads() {
        assert!(super::pulls_after_load("podman").is_none_or(|sent| sent == 2));
    }
}

mod moby_classic {
    #[test]
    fn pulls() {
        super::pulls("moby-classic", &["--compress"]);
    }

    #[test]
    fn reuses_layers_of_pulls_but_not_of_loads() {
        assert!(super::pulls_after_load("moby-classic").is_none_or(|sent| sent == 3));
    }
}

mod moby_containerd {
    #[test]
    fn pulls() {
        super::pulls("moby-containerd", &["--compress"]);
    }

    #[test]
    fn reuses_layers_of_pulls_and_loads() {
        assert!(super::pulls_after_load("moby-containerd").is_none_or(|sent| sent == 2));
    }
}

mod trixie_containerd {
    #[test]
    fn pulls() {
        super::pulls("trixie-containerd", &["--compress"]);
    }

    #[test]
    fn reuses_layers_of_pulls_and_loads() {
        assert!(super::pulls_after_load("trixie-containerd").is_none_or(|sent| sent == 2));
    }
}
