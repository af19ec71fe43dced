//! Many pulls at the same time, also while archives are added and removed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use sealift_testing::layouts::{Image, digest, file, noise, pack};
use serde_json::Value;

use crate::command::{Place, image_name};
use crate::http::Images;
use crate::serving::pulls::{Base, id, pull};
use crate::serving::{Serving, add_image};

const CLIENTS: usize = 50;

/// Pulls an image with the requests of a registry client, and verifies every byte.
fn pull_by_hand(serving: &Serving, name: &str, tag: &str) {
    let found = serving.get(&format!("/v2/{name}/manifests/{tag}"));
    assert_eq!(found.status, 200, "{}", found.text());
    let manifest: Value = serde_json::from_slice(&found.body).unwrap();
    assert_eq!(found.header("docker-content-digest"), Some(digest(&found.body).as_str()));
    let layers = manifest["layers"].as_array().unwrap();
    for blob in layers.iter().chain([&manifest["config"]]) {
        let blob = blob["digest"].as_str().unwrap();
        let found = serving.get(&format!("/v2/{name}/blobs/{blob}"));
        assert_eq!((found.status, digest(&found.body).as_str()), (200, blob));
    }
}

/// Asserts that every request was answered with success.
fn assert_none_refused(requests: &[Value]) {
    let refused = requests.iter().find(|request| request["status"] != 200);
    assert_eq!(refused, None);
}

#[test]
fn fifty_clients_pull_at_once_while_versions_are_added() {
    let place = Place::new();
    let base = Base::new(700_000);
    add_image(&place, &base.image("web", "1.0.0.1"), &["--compress"]);
    let serving = Serving::start(&place);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| pull_by_hand(&serving, "web", "1.0.0.1")))
            .collect();
        for version in ["1.0.0.2", "1.0.0.3"] {
            add_image(&place, &base.image("web", version), &["--compress"]);
        }
        clients.into_iter().for_each(|client| client.join().unwrap());
    });
    let (code, requests) = serving.stop();
    assert_eq!(code, Some(0));
    assert_eq!(requests.len(), CLIENTS * 4);
    assert_none_refused(&requests);

    let serving = Serving::start(&place);
    thread::scope(|scope| {
        for at in 0..CLIENTS {
            let tag = ["1.0.0.1", "1.0.0.2", "1.0.0.3", "latest"][at % 4];
            let serving = &serving;
            scope.spawn(move || pull_by_hand(serving, "web", tag));
        }
    });
    assert_none_refused(&serving.stop().1);
}

/// The clients start to download a large layer, and the archive is removed meanwhile.
#[test]
fn an_archive_that_is_removed_is_sent_to_its_end() {
    let place = Place::new();
    let mut image = Image::new("web:1.0.0.1", 1);
    // More than fits into the buffers of a connection.
    let large = pack(&[file("large", noise(24 << 20))]);
    image.layers.push(large.clone());
    add_image(&place, &image, &[]);
    add_image(&place, &Image::new("web:1.0.0.2", 2), &[]);
    let serving = Serving::start(&place);
    let path = format!("/v2/web/blobs/{}", digest(&large));
    let begin = || {
        let mut socket = TcpStream::connect(&serving.host).unwrap();
        let host = &serving.host;
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut start = vec![0; 1000];
        socket.read_exact(&mut start).unwrap();
        (socket, start)
    };
    let clients: Vec<_> = (0..3).map(|_| begin()).collect();
    let archive = place.files().into_iter().find(|name| name.contains("1.0.0.1")).unwrap();
    place.ok(&["clean", "web:1.0.0.1"]);
    assert!(!place.artifacts().join(archive).exists());
    serving.wait_for("/v2/web/manifests/1.0.0.1", 404);
    serving.wait_for(&path, 404);
    for (mut socket, mut answer) in clients {
        socket.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        assert!(answer[end + 4..] == large);
    }
    assert_eq!(serving.get("/v2/web/manifests/1.0.0.2").status, 200);
}

mod on_engine {
    use super::*;

    /// Not in the module of one engine, because it uses all available ones.
    #[test]
    fn every_engine_pulls_at_the_same_time() {
        let kinds = ["docker", "podman", "moby-classic", "moby-containerd", "trixie-containerd"];
        let engines: Vec<_> = kinds.into_iter().filter_map(sealift_testing::engine).collect();
        let name = image_name();
        let place = Place::new();
        let base = Base::new(700_000);
        for version in ["1.0.0.1", "1.0.0.2"] {
            add_image(&place, &base.image(&name, version), &["--compress"]);
        }
        let serving = Serving::start(&place);
        thread::scope(|scope| {
            for engine in &engines {
                let (serving, name, place) = (&serving, &name, &place);
                scope.spawn(move || {
                    let _images = Images { host: &engine.host, name };
                    for version in ["1.0.0.1", "1.0.0.2"] {
                        let pulled = pull(engine, &serving.host, name, version);
                        let tag = format!("{name}:{version}");
                        place.ok(&["--host", &engine.host, "load", &tag]);
                        assert_eq!(id(engine, &tag), Some(pulled), "{}", engine.name);
                    }
                });
            }
            for _ in 0..CLIENTS {
                scope.spawn(|| pull_by_hand(&serving, &name, "latest"));
            }
        });
        assert_none_refused(&serving.stop().1);
    }
}
