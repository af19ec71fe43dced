//! One load into engines of all five kinds, on four kinds of connections. One of them is slow, and
//! one is down.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};

use sealift_testing::layouts::{Image, file, noise, pack};

use super::Way;
use crate::command::image_name;
use crate::http::Images;
use crate::relay::Relay;

fn five_kinds_of_engine_in_one_call() {
    let Some(way) = Way::by_ssh("host", "user_key") else { return };
    way.know("host_key.pub");
    let Some(podman) = sealift_testing::engine("podman") else { return };
    let Some(classic) = sealift_testing::engine("moby-classic") else { return };
    let Some(containerd) = sealift_testing::engine("moby-containerd") else { return };
    let Some((trixie, door)) = sealift_testing::engine_with_door("trixie-containerd", "tls") else {
        return;
    };
    let name = image_name();
    let engines = [&way.engine, &podman, &classic, &containerd, &trixie];
    let _images = engines.map(|engine| Images { host: &engine.host, name: &name });

    let mut image = Image::new(&format!("{name}:1"), 7);
    image.layers[0] = pack(&[file("noise", noise(3_000_000))]);
    let archive = format!("{name}_1_{}.docker", &image.id()[7..19]);
    way.place.put(&archive, &pack(&image.docker_folders()));
    let certificates = way.place.make_context(&fs::read_to_string(door.join("host")).unwrap());
    fs::create_dir_all(&certificates).unwrap();
    for file in ["ca.pem", "cert.pem", "key.pem"] {
        fs::copy(door.join("clients/good").join(file), certificates.join(file)).unwrap();
    }
    let slow = Relay::new(&podman.host, 500_000);
    let nobody = "unix:///nonexistent/engine.sock";
    let list = format!("# the edges\n{}\ncontext:edge\n\n{nobody}\n{}", way.host, classic.host);
    fs::write(way.place.dir.path().join("hosts.txt"), list).unwrap();
    let arguments =
        ["load", &name, "--hosts", "hosts.txt", "--host", &slow.host, "--host", &containerd.host];

    let mut child = way.place.spawn(&mut way.command(&arguments));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // The results of all others are printed while most bytes for the slow engine are still to be
    // sent.
    let loaded: Vec<String> = lines.by_ref().take(4).collect();
    for host in [&way.host, "edge", &classic.host, &containerd.host] {
        let start = format!("{host} ");
        let line = loaded.iter().find(|line| line.starts_with(&start));
        assert!(line.is_some_and(|line| line.contains(":1  loaded  ")), "{host}: {loaded:?}");
    }
    slow.release();
    let last: Vec<String> = lines.collect();
    assert!(last.len() == 1 && last[0].starts_with(&slow.host), "{last:?}");
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(6), "{words}");
    assert!(words.contains(&format!("{nobody}  ")) && words.contains("  error: no"), "{words}");
    assert!(words.contains("\n5 loaded, 1 failed"), "{words}");

    // Each engine has the image now.
    let said = way.run(&[&arguments[..], &["--json"]].concat());
    let documents: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let documents = documents.as_array().unwrap();
    let unchanged = documents.iter().filter(|load| load["loaded"] == false);
    assert_eq!((said.code, documents.len(), unchanged.count()), (6, 6, 5), "{documents:#?}");
    let edge = documents.iter().find(|load| load["context"] == "edge").unwrap();
    assert!(edge["host"].as_str().unwrap().starts_with("tcp://127.0.0.1:"), "{edge}");
    let down = documents.iter().find(|load| load["host"] == nobody).unwrap();
    assert_eq!(down["error"]["code"], "unreachable", "{down}");
    for engine in engines {
        let mut command = way.place.command(&["--dir", "saved", "update", &format!("{name}:1")]);
        let said = way.place.said(command.env("DOCKER_HOST", &engine.host).output().unwrap());
        assert_eq!(said.code, 0, "{}: {said:?}", engine.name);
    }
}

mod on_engine {
    mod docker_ssh {
        mod podman {
            mod moby_classic {
                mod moby_containerd {
                    mod trixie_containerd {
                        #[test]
                        fn five_kinds_of_engine_in_one_call() {
                            super::super::super::super::super::super::five_kinds_of_engine_in_one_call();
                        }
                    }
                }
            }
        }
    }
}
