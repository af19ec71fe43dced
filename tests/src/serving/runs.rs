//! The path of a user: `docker run` and `podman run` of an image that exists only in the folder.

use crate::command::{Place, image_name};
use crate::http::Images;
use crate::serving::pulls::{Base, client};
use crate::serving::{Serving, add_image};

fn runs(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let Some(base) = Base::with_shell() else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::new();
    add_image(&place, &base.image(&name, "1.0.0.1"), &["--compress"]);
    let serving = Serving::start(&place);
    let run = |tag: &str| {
        let image = format!("{}/{name}:{tag}", serving.host);
        if engine.name == "podman" {
            let mut pull = client(&engine, &place, &["pull", "--tls-verify=false", &image])?;
            sealift_testing::output_of(&mut pull);
        }
        let arguments = ["run", "--rm", "--network=none", &image];
        Some(sealift_testing::output_of(&mut client(&engine, &place, &arguments)?))
    };
    let Some(printed) = run("1.0.0.1") else { return };
    assert_eq!(printed, base.printed("1.0.0.1"));
    add_image(&place, &base.image(&name, "1.0.0.2"), &["--compress"]);
    serving.wait_for(&format!("/v2/{name}/manifests/1.0.0.2"), 200);
    assert_eq!(run("latest"), Some(base.printed("1.0.0.2")));
}

mod on_engine {
    mod docker {
        #[test]
        fn runs() {
            super::super::runs("docker");
        }
    }

    mod podman {
        #[test]
        fn runs() {
            super::super::runs("podman");
        }
    }

    mod moby_classic {
        #[test]
        fn runs() {
            super::super::runs("moby-classic");
        }
    }

    mod moby_containerd {
        #[test]
        fn runs() {
            super::super::runs("moby-containerd");
        }
    }

    mod trixie_containerd {
        #[test]
        fn runs() {
            super::super::runs("trixie-containerd");
        }
    }
}
