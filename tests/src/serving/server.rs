//! The server: its files, its reactions to changes, and its end.

use std::fs;

use crate::command::Place;
use crate::serving::{Serving, add, add_zip};

#[test]
fn archives_are_fetched_from_it() {
    let place = Place::new();
    add_zip(&place, "web:1.0.0.1", 1);
    add(&place, "team/api:1.0.0.1", 2);
    let serving = Serving::start(&place);
    assert_eq!(serving.start["archives"], 2);
    let url = format!("http://{}/", serving.host);
    let config = serving.json("/images.json");
    let path = config["web"]["path"].as_str().unwrap();
    assert_eq!(config["web"]["url"], format!("{url}{path}"));
    place.ok(&["--dir", "other", "fetch", &url]);
    for name in place.files() {
        let there = fs::read(place.dir.path().join("other").join(&name)).unwrap();
        assert_eq!(there, fs::read(place.artifacts().join(&name)).unwrap(), "{name}");
        let part = serving.ask("GET", &format!("/{name}"), "Range: bytes=-7\r\n");
        assert_eq!((part.status, &part.body[..]), (206, &there[there.len() - 7..]));
    }
    let sums = serving.get("/SHA256SUMS");
    fs::write(place.artifacts().join("images.json"), serving.get("/images.json").body).unwrap();
    let mut check = std::process::Command::new("sha256sum");
    fs::write(place.artifacts().join("served"), &sums.body).unwrap();
    let check = check.args(["-c", "--strict", "served"]).current_dir(place.artifacts());
    assert!(check.status().unwrap().success());
    assert_eq!(serving.get(&format!("/{path}.blocks")).status, 200);
}

#[test]
fn other_files_are_not_served() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    place.put("notes.txt", b"secret");
    place.put("web_1.0.0.2_0123456789ab.docker", b"no archive");
    place.put(".web_1.0.0.3_0123456789ab.docker", b"hidden");
    let serving = Serving::start(&place);
    for path in [
        "/notes.txt",
        "/.sealift/lock",
        "/.sealift/",
        "/web_1.0.0.2_0123456789ab.docker",
        "/.web_1.0.0.3_0123456789ab.docker",
        "/../artifacts/notes.txt",
        "/%2e%2e/artifacts/notes.txt",
        "/SHA256SUMS.sig",
    ] {
        assert_eq!(serving.get(path).status, 404, "{path}");
    }
    // Signed files are served too.
    place.put("SHA256SUMS", b"sums");
    place.put("SHA256SUMS.sig", b"signature");
    assert_eq!(serving.get("/SHA256SUMS").body, b"sums");
    assert_eq!(serving.get("/SHA256SUMS.sig").body, b"signature");
}

#[test]
fn changes_of_the_folder_need_no_restart() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start(&place);
    add(&place, "web:1.0.0.2", 2);
    serving.wait_for("/v2/web/manifests/1.0.0.2", 200);
    let newer = place.files().into_iter().find(|name| name.contains("1.0.0.2")).unwrap();
    fs::remove_file(place.artifacts().join(newer)).unwrap();
    serving.wait_for("/v2/web/manifests/1.0.0.2", 404);
    assert_eq!(serving.get("/v2/web/manifests/1.0.0.1").status, 200);

    // An archive that another tool added is verified first.
    add(&place, "web:1.0.0.3", 3);
    let newer = place.files().into_iter().find(|name| name.contains("1.0.0.3")).unwrap();
    fs::remove_dir_all(place.artifacts().join(".sealift")).unwrap();
    serving.wait_for(&format!("/{newer}"), 200);
}

#[test]
fn a_tls_client_gets_an_http_answer() {
    // Engines with a containerd store try TLS first, and use HTTP only if the answer is HTTP.
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start(&place);
    let hello = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[7; 64]].concat();
    let answer = serving.send(&hello);
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn the_server_ends_on_a_signal() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start(&place);
    let health = serving.get("/healthz");
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    let (code, requests) = serving.stop();
    assert_eq!(code, Some(0));
    assert_eq!(requests[0]["path"], "/healthz");
    assert_eq!((&requests[0]["status"], &requests[0]["bytes"]), (&200.into(), &3.into()));
}

#[test]
fn an_address_in_use_is_an_error() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start(&place);
    let said = place.run(&["serve", "--listen", &serving.host]);
    assert_eq!(said.code, 1);
    let refusal = said.refusal().replace(&serving.host, "ADDRESS");
    insta::assert_snapshot!(refusal, @"
    [1]
    error: cannot listen at ADDRESS
      caused by: Address already in use (os error 98)
    hint: pass another address with --listen
    ");
    assert_eq!(place.run(&["serve", "--dir", "nowhere"]).code, 3);
}

#[test]
fn the_config_of_engines_is_printed() {
    let place = Place::new();
    for engine in ["docker", "podman", "containerd", "k3s", "rke2"] {
        let listen = ["serve", "--listen", "192.0.2.1:5000", "--print-config", engine];
        let said = place.run(&listen);
        insta::assert_snapshot!(engine, format!("{}{}", said.stderr, said.stdout));
    }
}
