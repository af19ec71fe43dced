//! A connection that is interrupted in the middle of a layer: the engine requests the rest, and the
//! image is complete.

use std::sync::atomic::{AtomicBool, Ordering};

use sealift_testing::fault_proxy::{Action, FaultProxy, Request};
use sealift_testing::layouts::{Image, digest};

use crate::command::{Place, image_name};
use crate::containerd::Containerd;
use crate::http::Images;
use crate::serving::pulls::{Base, id, pull, pull_for};
use crate::serving::{Serving, add_image, containerd};

/// The number of bytes of the compressed layer before the interruption.
const ARRIVED: u64 = 1_500_000;

/// A folder with one image, and a proxy of its server that interrupts the first answer with the
/// image's large layer.
struct Cut {
    place: Place,
    image: Image,
    proxy: FaultProxy,
    layer: String,
    _serving: Serving,
}

impl Cut {
    fn new(place: Place, name: &str) -> Self {
        let image = Base::new(4_000_000).image(name, "1.0.0.1");
        add_image(&place, &image, &["--compress"]);
        let layer = format!("/blobs/{}", digest(&image.layers[0]));
        let serving = Serving::start(&place);
        let was_cut = AtomicBool::new(false);
        let of_layer = layer.clone();
        let decide = move |request: &Request| {
            let is_of_layer = request.method == "GET" && request.target.ends_with(&of_layer);
            match is_of_layer && !was_cut.swap(true, Ordering::Relaxed) {
                true => Action::CutAfter(ARRIVED),
                false => Action::Pass,
            }
        };
        let proxy = FaultProxy::new(serving.host.parse().unwrap(), decide);
        Self { place, image, proxy, layer, _serving: serving }
    }

    fn host(&self) -> String {
        self.proxy.address().to_string()
    }

    /// Returns the requests for the layer.
    fn requests(&self) -> Vec<Request> {
        let mut requests = self.proxy.requests();
        requests.retain(|of| of.target.ends_with(&self.layer) && of.method == "GET");
        requests
    }

    /// Asserts that the layer was requested twice, and only the rest of it the second time.
    fn assert_continued(&self) {
        let requests = self.requests();
        assert_eq!(requests.len(), 2, "{requests:?}");
        assert_eq!(requests[0].header("range"), None);
        let range = requests[1].header("range").and_then(|range| range.strip_prefix("bytes="));
        let start: u64 = range.and_then(|range| range.strip_suffix('-')).unwrap().parse().unwrap();
        let size = self.image.layers[0].len() as u64;
        assert!(start > 0 && start < size, "a range of the layer itself: {requests:?}");
    }
}

/// The engine requests only the rest.
fn continues(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let cut = Cut::new(Place::with_engine(&engine.host), &name);
    let pulled = pull(&engine, &cut.host(), &name, "1.0.0.1");
    cut.assert_continued();
    let tag = &cut.image.tags[0];
    cut.place.ok(&["load", tag]);
    assert_eq!(id(&engine, tag), Some(pulled), "the image is the one that load puts there");
}

/// The engine reports the error. It has no image then, and pulls it the next time.
fn begins_again(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let cut = Cut::new(Place::with_engine(&engine.host), &name);
    let error = pull_for(&engine, &cut.host(), &name, "1.0.0.1", None).unwrap_err();
    assert!(error.contains("unexpected EOF"), "{error}");
    let pulled = pull(&engine, &cut.host(), &name, "1.0.0.1");
    let tag = &cut.image.tags[0];
    cut.place.ok(&["load", tag]);
    assert_eq!(id(&engine, tag), Some(pulled), "the image is the one that load puts there");
}

fn containerd_continues(release: &str) {
    let Some(containerd) = Containerd::start(release) else { return };
    let cut = Cut::new(Place::new(), "web");
    containerd::pull(&containerd, &format!("{}/web:1.0.0.1", cut.host()), &["--plain-http"]);
    cut.assert_continued();
}

#[test]
fn containerd_1_continues() {
    containerd_continues("1");
}

#[test]
fn containerd_2_continues() {
    containerd_continues("2");
}

mod on_engine {
    mod docker {
        #[test]
        fn continues() {
            super::super::continues("docker");
        }
    }

    mod podman {
        #[test]
        fn begins_again() {
            super::super::begins_again("podman");
        }
    }

    mod moby_classic {
        #[test]
        fn continues() {
            super::super::continues("moby-classic");
        }
    }

    mod moby_containerd {
        #[test]
        fn continues() {
            super::super::continues("moby-containerd");
        }
    }

    mod trixie_containerd {
        #[test]
        fn continues() {
            super::super::continues("trixie-containerd");
        }
    }
}
