//! The complete job of an edge site: fetch, load, and remove old archives.

use crate::command::{Place, image_name};
use crate::http::Images;

fn edge(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    let published = place.dir.path().join("published");
    let published = published.to_str().unwrap();
    let fetch = || place.run(&["fetch", published, "--load", "--keep", "1", "--exit-code", "-q"]);
    for version in ["1.0.0.1", "1.0.0.2"] {
        let tag = format!("{name}:{version}");
        place.context(version.as_bytes());
        place.ok(&["build", &tag, "context", "-q"]);
        place.ok(&["--dir", "source", "update", &tag, "--compress", "-q"]);
        place.ok(&["--dir", "source", "publish", published, "-q"]);
        images.remove();
        let said = fetch();
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
        for word in ["  fetched  ", "  loaded  "] {
            assert!(said.stdout.contains(&format!("{tag}{word}")), "{said:?}");
        }
        assert_eq!(said.stdout.contains("removed 1 archive"), version == "1.0.0.2", "{said:?}");
        let there = place.files();
        assert!(there.len() == 1 && there[0].contains(version), "{there:?}");
        // Without changes, nothing is printed.
        let said = fetch();
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (8, "", ""));
        // An image that is missing in the engine is loaded again.
        images.remove();
        let said = fetch();
        assert!(said.code == 0 && said.stdout.contains("  loaded  "), "{said:?}");
    }
}

mod on_engine {
    mod docker {
        #[test]
        fn fetches_and_loads() {
            super::super::edge("docker");
        }
    }

    mod podman {
        #[test]
        fn fetches_and_loads() {
            super::super::edge("podman");
        }
    }

    mod moby_containerd {
        #[test]
        fn fetches_and_loads() {
            super::super::edge("moby-containerd");
        }
    }
}
