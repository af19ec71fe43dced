//! Builds from a base image that exists only in the folder, with each builder.

use std::fs;
use std::process::Command;

use sealift_testing::Engine;

use crate::command::{Place, image_name};
use crate::http::Images;
use crate::serving::pulls::{Base, client};
use crate::serving::{Serving, add_image};

/// A builder.
#[derive(Debug, Clone, Copy)]
enum Builder {
    /// `docker build` with the engine's classic builder, or `podman build`.
    Classic,
    /// `docker buildx build`, with the BuildKit in the engine.
    Buildx,
    /// `sealift build`
    Sealift,
}

/// Returns a call that builds an image from the context `context`, or `None` if the program is
/// missing.
fn build(builder: Builder, engine: &Engine, place: &Place, tag: &str) -> Option<Command> {
    let arguments = ["build", "--network=host", "-t", tag];
    match builder {
        Builder::Classic => {
            let more: &[&str] =
                if engine.name == "podman" { &["--tls-verify=false"] } else { &["--rm"] };
            let mut command = client(engine, place, &[&arguments[..], more, &["."]].concat())?;
            command.env("DOCKER_BUILDKIT", "0").current_dir(place.dir.path().join("context"));
            Some(command)
        }
        Builder::Buildx => {
            let mut command = Command::new(sealift_testing::program("docker-buildx")?);
            command.args(arguments).args(["--builder=default", "context"]);
            command.env("HOME", place.dir.path()).env("DOCKER_HOST", &engine.host);
            command.env_remove("DOCKER_CONTEXT").current_dir(place.dir.path());
            Some(command)
        }
        Builder::Sealift => Some(place.command(&[&arguments[..], &["context"]].concat())),
    }
}

fn builds(engine: &str, builder: Builder) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let Some(base) = Base::with_shell() else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    add_image(&place, &base.image(&name, "1.0.0.1"), &["--compress"]);
    let serving = Serving::start(&place);
    let dockerfile = format!(
        "FROM {}/{name}:1.0.0.1\nRUN cat /version /version > /twice\n\
         CMD [\"/bin/sh\", \"-c\", \"cat /twice\"]\n",
        serving.host
    );
    fs::create_dir(place.dir.path().join("context")).unwrap();
    fs::write(place.dir.path().join("context/Dockerfile"), dockerfile).unwrap();
    let built = format!("{name}-built:1");
    let Some(mut build) = build(builder, &engine, &place, &built) else { return };
    sealift_testing::output_of(&mut build);
    let run = ["run", "--rm", "--network=none", &built];
    let Some(mut run) = client(&engine, &place, &run) else { return };
    assert_eq!(sealift_testing::output_of(&mut run), base.printed("1.0.0.1").repeat(2));
}

mod on_engine {
    mod docker {
        use super::super::{Builder, builds};

        #[test]
        fn classic_builder() {
            builds("docker", Builder::Classic);
        }

        #[test]
        fn buildx() {
            builds("docker", Builder::Buildx);
        }

        #[test]
        fn sealift() {
            builds("docker", Builder::Sealift);
        }
    }

    mod podman {
        use super::super::{Builder, builds};

        #[test]
        fn podman_build() {
            builds("podman", Builder::Classic);
        }
    }

    mod moby_classic {
        use super::super::{Builder, builds};

        #[test]
        fn classic_builder() {
            builds("moby-classic", Builder::Classic);
        }

        #[test]
        fn buildx() {
            builds("moby-classic", Builder::Buildx);
        }

        #[test]
        fn sealift() {
            builds("moby-classic", Builder::Sealift);
        }
    }

    mod moby_containerd {
        use super::super::{Builder, builds};

        #[test]
        fn buildx() {
            builds("moby-containerd", Builder::Buildx);
        }

        #[test]
        fn sealift() {
            builds("moby-containerd", Builder::Sealift);
        }
    }

    mod trixie_containerd {
        use super::super::{Builder, builds};

        #[test]
        fn buildx() {
            builds("trixie-containerd", Builder::Buildx);
        }
    }
}
