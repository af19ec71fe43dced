//! Docker and Podman load the files, with the same result as `sealift load`.

use std::process::Command;

use serde_json::Value;

use super::*;
use crate::command::image_name;
use crate::http::{Images, bytes, request};

/// Returns the id of an image, or `None` if the engine has no image of this name.
fn id(host: &str, name: &str) -> Option<String> {
    let (status, body) = request(host, "GET", &format!("/v1.41/images/{name}/json"));
    let start = body.find('{')?;
    let shown = serde_json::Deserializer::from_str(&body[start..]).into_iter::<Value>().next()?;
    (status == 200).then(|| shown.unwrap()["Id"].as_str().unwrap().to_owned())
}

fn docker_load(host: &str, file: &Path) {
    let program = sealift_testing::program("docker").expect("docker's client is one of the tools");
    let mut load = Command::new(program);
    load.args(["--host", host, "load", "--input"]).arg(file);
    sealift_testing::output_of(&mut load);
}

fn engine_loads_exported_files(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let tag = format!("{name}:1.0.0.1");
    let images = Images { host: &engine.host, name: &name };
    for (seed, (writer, _)) in forms(&Image::new("x", 0)).iter().enumerate() {
        let has_zstd = *writer == "zstd-layers";
        // Docker decompresses zstd from version 23 on.
        if has_zstd && engine.name == "docker" {
            continue;
        }
        // Each image has its own layers, so that the engine has none of them.
        let image = Image::new(&tag, 100 + u8::try_from(seed).unwrap());
        let place = Place::with_engine(&engine.host);
        add(&place, &tag, &forms(&image)[seed].1, &[]);
        for more in [&[][..], &["--compress", "gz"]] {
            images.remove();
            let arguments = ["export", &name, "--for", "docker", "--to", "out", "--json"];
            let report = place.ok(&[&arguments[..], more].concat());
            let report: Value = serde_json::from_str(&report).unwrap();
            let file = place.dir.path().join(report[0]["path"].as_str().unwrap());
            docker_load(&engine.host, &file);
            let loaded = id(&engine.host, &tag).expect("the image has the name of its archive");
            let saved = bytes(&engine.host, "GET", &format!("/v1.41/images/{tag}/get")).1;
            // Podman 4.3 loads layers in zstd, but cannot save them.
            let is_saved = saved.len() > 3000 || (has_zstd && engine.name == "podman");
            assert!(is_saved, "{writer}: all layers are there");
            assert!(place.ok(&["load", &name]).contains("  unchanged  "), "{writer}");

            images.remove();
            place.ok(&["load", &name]);
            assert_eq!(id(&engine.host, &tag), Some(loaded.clone()), "{writer} by load IMAGE");
            images.remove();
            place.ok(&["load", file.to_str().unwrap()]);
            assert_eq!(id(&engine.host, &tag), Some(loaded), "{writer} by load FILE");
        }
    }
}

mod on_engine {
    use super::*;

    #[test]
    fn docker() {
        engine_loads_exported_files("docker");
    }

    #[test]
    fn podman() {
        engine_loads_exported_files("podman");
    }

    #[test]
    fn moby_classic() {
        engine_loads_exported_files("moby-classic");
    }

    #[test]
    fn moby_containerd() {
        engine_loads_exported_files("moby-containerd");
    }

    #[test]
    fn trixie_containerd() {
        engine_loads_exported_files("trixie-containerd");
    }
}
