//! An image for several platforms: each engine pulls its own platform.

use sealift_testing::layouts::Image;
use serde_json::Value;

use crate::command::{Place, image_name};
use crate::http::Images;
use crate::serving::pulls::{Base, pull, pull_for, shown};
use crate::serving::{Serving, add_image};

fn pulls_its_own(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    let base = Base::new(10_000);
    let add = |version: &str, architecture: &str| -> Image {
        let mut image = base.image(&name, version);
        image.architecture = architecture.to_owned();
        add_image(&place, &image, &[]);
        image
    };
    // The newest version exists for one of them only.
    let [amd64, arm64] = ["amd64", "arm64"].map(|architecture| add("1.0.0.1", architecture));
    let newest = add("1.0.0.2", "amd64");
    let serving = Serving::start(&place);
    let index: Value = serving.json(&format!("/v2/{name}/manifests/1.0.0.1"));
    let digests = |architecture: &str| -> Vec<String> {
        let manifests = index["manifests"].as_array().unwrap().iter();
        let of = manifests.filter(|of| of["platform"]["architecture"] == architecture);
        of.map(|of| of["digest"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!([digests("amd64").len(), digests("arm64").len()], [1, 1], "{index}");

    let host = serving.host.clone();
    let is_containerd = engine.name.ends_with("containerd");
    let index_digest = serving.ask("HEAD", &format!("/v2/{name}/manifests/1.0.0.1"), "");
    let index_digest = index_digest.header("docker-content-digest").unwrap();
    let tag = format!("{host}/{name}:1.0.0.1");
    // A containerd store identifies an image by the digest that the tag points to.
    let expected = |image: &Image| if is_containerd { index_digest.to_owned() } else { image.id() };
    let pulled = pull(&engine, &host, &name, "1.0.0.1");
    assert_eq!(without_prefix(&pulled), without_prefix(&expected(&amd64)));
    assert_eq!(shown(&engine, &tag).unwrap()["Architecture"], "amd64");

    let pulled = pull_for(&engine, &host, &name, "1.0.0.1", Some("linux/arm64")).unwrap();
    assert_eq!(without_prefix(&pulled), without_prefix(&expected(&arm64)));

    let manifest = serving.ask("HEAD", &format!("/v2/{name}/manifests/1.0.0.2"), "");
    let manifest = manifest.header("docker-content-digest").unwrap().to_owned();
    let pulled = pull(&engine, &host, &name, "1.0.0.2");
    let newest = if is_containerd { manifest } else { newest.id() };
    assert_eq!(without_prefix(&pulled), without_prefix(&newest));
}

/// Removes the algorithm from an id: Podman prints ids without it.
fn without_prefix(id: &str) -> &str {
    id.trim_start_matches("sha256:")
}

mod on_engine {
    mod docker {
        #[test]
        fn pulls_its_own() {
            super::super::pulls_its_own("docker");
        }
    }

    mod podman {
        #[test]
        fn pulls_its_own() {
            super::super::pulls_its_own("podman");
        }
    }

    mod moby_classic {
        #[test]
        fn pulls_its_own() {
            super::super::pulls_its_own("moby-classic");
        }
    }

    mod moby_containerd {
        #[test]
        fn pulls_its_own() {
            super::super::pulls_its_own("moby-containerd");
        }
    }

    mod trixie_containerd {
        #[test]
        fn pulls_its_own() {
            super::super::pulls_its_own("trixie-containerd");
        }
    }
}
