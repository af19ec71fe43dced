//! The programs in `examples/` that need an engine, run as a user would run them.

use std::io::{BufRead as _, BufReader};

use crate::command::{Place, image_name};
use crate::http::Images;

fn build_and_save(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    let tag = format!("{name}:1.0.0.1");

    let save = |context: &str| {
        let arguments = [tag.as_str(), context, "saved.tar"];
        place.said(place.example("build-and-save", &arguments).output().unwrap())
    };
    let said = save("context");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.contains("\nbuilt ") && said.stdout.contains("\nsaved saved.tar ("));
    let added = place.ok(&["add", "saved.tar"]);
    assert!(added.contains(&format!("artifacts/{name}_1.0.0.1_")), "{added}");

    let before = std::fs::read(place.dir.path().join("saved.tar")).unwrap();
    let said = save("nowhere");
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(std::fs::read(place.dir.path().join("saved.tar")).unwrap(), before);
}

fn updater(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    let tag = format!("{name}:1.0.0.1");
    place.ok(&["build", &tag, "context"]);

    let missing = format!("{name}:2");
    let mut service = place.spawn(&mut place.example("updater", &["artifacts", &missing, &tag]));
    let mut line = String::new();
    BufReader::new(service.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let zip = place.files().remove(0);
    assert_eq!(line, format!("artifacts/{zip}\n"));
    assert!(zip.starts_with(&format!("{name}_1.0.0.1_")) && zip.ends_with(".zip"), "{zip}");

    let said = place.interrupted(service);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{said:?}");
    assert_eq!(said.stderr, format!("no image `{missing}` in the engine at HOST\n"));
}

mod on_engine {
    mod docker {
        use super::super as all;

        #[test]
        fn builds_and_saves() {
            all::build_and_save("docker");
        }

        #[test]
        fn keeps_a_folder_in_step_until_it_is_interrupted() {
            all::updater("docker");
        }
    }

    mod podman {
        use super::super as all;

        #[test]
        fn builds_and_saves() {
            all::build_and_save("podman");
        }

        #[test]
        fn keeps_a_folder_in_step_until_it_is_interrupted() {
            all::updater("podman");
        }
    }
}
