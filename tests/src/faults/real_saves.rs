//! Connection faults with saves that were recorded from real engines: the same faults as for the
//! generated saves.

use sealift_testing::layouts::noise;
use serde_json::Value;

use super::bench::{Seed, scenario};
use super::line_on_save::{LINES, update};
use super::saved::Saved;
use crate::command::{Place, image_name};
use crate::fake_engine::Dialect;
use crate::http::{Images, bytes, request};

/// Builds an image in an engine, and records how the engine describes and saves it.
fn recorded(engine: &sealift_testing::Engine) -> Saved {
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    let context = place.context(&noise(5000));
    std::fs::write(context.join("other"), noise(700)).unwrap();
    let dockerfile = "FROM scratch\nCOPY content /content\nCOPY other /other\nENV A=b\n";
    std::fs::write(context.join("Dockerfile"), dockerfile).unwrap();
    place.ok(&["build", &format!("{name}:1.0.0.2"), "context"]);
    let json = |path: &str| -> Value {
        let (_, answer) = request(&engine.host, "GET", path);
        let start = answer.find('{').unwrap();
        let mut documents = serde_json::Deserializer::from_str(&answer[start..]).into_iter();
        documents.next().unwrap().unwrap()
    };
    let api = json("/version")["ApiVersion"].as_str().unwrap().to_owned();
    let path = format!("/v{api}/images/{name}:1.0.0.2");
    let shown = json(&format!("{path}/json?manifests=1"));
    let (status, tar) = bytes(&engine.host, "GET", &format!("{path}/get"));
    assert_eq!(status, 200);
    // Requested under the name of the older archive.
    let mut saved = Saved::new("web:1.0.0.2", shown, tar);
    saved.dialect = Dialect { info: json(&format!("/v{api}/info")), api };
    saved
}

fn on_a_line(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let saved = recorded(&engine);
    drop(engine);
    scenario(22, |seed: &mut Seed| {
        let (name, line) = *seed.choose(&LINES);
        format!("{name}: {}", update(&saved, line, seed))
    });
}

macro_rules! engines {
    ($($engine:ident $name:literal)*) => {
        $(
            mod $engine {
                mod on_engine {
                    #[test]
                    fn on_a_line() {
                        super::super::on_a_line($name);
                    }
                }
            }
        )*
    };
}

engines! {
    docker "docker"
    podman "podman"
    moby_classic "moby-classic"
    moby_containerd "moby-containerd"
    trixie_containerd "trixie-containerd"
}
