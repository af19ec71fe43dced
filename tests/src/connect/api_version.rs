//! Engines whose image store is not visible in a configured old version of the API.

use crate::command::{Place, image_name};
use crate::http::Images;

/// Runs the main job in a version that returns neither descriptors nor manifests.
fn in_an_old_version(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    place.context(b"old version");
    let tag = format!("{name}:1.0.0.1");
    let ok = |arguments: &[&str]| {
        let said = place
            .said(place.command(arguments).env("DOCKER_API_VERSION", "1.41").output().unwrap());
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.stdout
    };
    ok(&["build", &tag, "context", "--builder", "classic"]);
    assert!(ok(&["update", &tag]).contains("  saved  "));
    assert!(ok(&["update", &tag]).contains("  unchanged  "));
    assert!(ok(&["load", &tag]).contains("  unchanged  "));
    // The saved archives count as unchanged for a call in the newest version, and the reverse.
    assert!(place.ok(&["update", &tag]).contains("  unchanged  "));
    assert_eq!(place.files().len(), 1);
    images.remove();
    assert!(ok(&["load", &tag]).contains("  loaded  "));
    assert!(place.ok(&["load", &tag]).contains("  unchanged  "));
}

mod on_engine {
    use super::in_an_old_version;

    #[test]
    fn moby_classic() {
        in_an_old_version("moby-classic");
    }

    #[test]
    fn moby_containerd() {
        in_an_old_version("moby-containerd");
    }

    #[test]
    fn trixie_containerd() {
        in_an_old_version("trixie-containerd");
    }
}
