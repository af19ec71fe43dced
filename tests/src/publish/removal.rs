//! `--delete`: removes only archives of published images that the config does not name.

use std::fs;

use sealift_testing::{Nginx, WebServer};

use super::source::{Destination, Server, Source, files, versions};

/// Publishes four versions of one image and two of another, one after the other.
fn publish_history(to: &Destination) -> Source {
    let source = Source::new(&[]);
    let tags = ["web:1.0.0.1", "api:1.0.0.1", "web:1.0.0.2", "api:1.0.0.2", "web:1.0.0.3"];
    for tag in tags {
        source.add("artifacts", &[tag]);
        source.published("artifacts", to, &[tag]);
    }
    // A dirty build.
    source.add("artifacts", &["web:1.0.1.0"]);
    source.published("artifacts", to, &["web:1.0.1.0"]);
    source
}

fn kept(to: &Destination) -> Vec<String> {
    let names = files(to.on_disk()).into_keys();
    names.filter(|name| name.ends_with(".zip") && name.contains('_')).collect()
}

fn assert_removals(to: &Destination) {
    let source = publish_history(to);
    let others = ["notes.txt", "web.zip", "SHA256SUMS.bak", "web_1.0.0.1_000000000000.zip.bak"];
    for other in others {
        fs::write(to.on_disk().join(other), "mine").unwrap();
    }
    // An older version is published again.
    let said = source.published("artifacts", to, &["web:1.0.0.2", "--delete", "--keep", "2", "-q"]);
    let removed = |said: &str| {
        let lines = said.lines().filter_map(|line| line.strip_prefix("removed  "));
        lines.map(|line| line.split('_').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(removed(&said), ["1.0.0.1", "1.0.0.1"], "{said}");
    let all = ["api_1.0.0.1", "api_1.0.0.2", "web_1.0.0.2", "web_1.0.0.3", "web_1.0.1.0"];
    assert_eq!(versions(&kept(to)), all);
    let said = source.published("artifacts", to, &["web:1.0.0.2", "--delete", "-q"]);
    // The newest release stays, also with the smallest number to keep.
    assert_eq!(removed(&said), ["1.0.1.0", "1.0.1.0"], "{said}");
    assert_eq!(versions(&kept(to)), [all[0], all[1], all[2], all[3]]);
    for other in others {
        assert!(to.on_disk().join(other).exists(), "{other}");
    }
    assert_eq!(versions(&source.fetched(to)), ["api_1.0.0.2", "web_1.0.0.2"]);
    to.assert_sums();
}

#[test]
fn in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert_removals(&Destination::in_folder(folder.path()));
}

#[test]
fn on_a_web_server() {
    let Some(server) = Server::nginx() else { return };
    assert_removals(&server.at(server.address, "images"));
}

/// Also the first publication can have `--delete`, as in a recurring job.
fn assert_first(to: &Destination) {
    let source = Source::new(&["web:1.0.0.1"]);
    source.published("artifacts", to, &["--delete", "--keep", "3"]);
    assert_eq!(versions(&kept(to)), ["web_1.0.0.1"]);
}

#[test]
fn a_destination_that_does_not_exist_yet_is_created() {
    let folder = tempfile::tempdir().unwrap();
    assert_first(&Destination::in_folder(&folder.path().join("new")));
    if let Some(server) = Server::nginx() {
        assert_first(&server.at(server.address, "new"));
    }
}

#[test]
fn in_buckets() {
    for server in [Server::s3(), Server::azure()].into_iter().flatten() {
        let to = server.at(server.address, "removal");
        let source = publish_history(&to);
        let said = source.published("artifacts", &to, &["web:1.0.0.2", "--delete", "-q"]);
        assert_eq!(said.matches("removed  web_").count(), 4, "{}: {said}", server.name);
        assert_eq!(versions(&source.fetched(&to)), ["api_1.0.0.2", "web_1.0.0.2"]);
        let said = source.published("artifacts", &to, &["web:1.0.0.2", "--delete", "-q"]);
        assert_eq!(said, "", "{}", server.name);
    }
}

#[test]
fn a_server_without_listings_is_left_unchanged() {
    let options = Nginx { uploads: true, ..Nginx::default() };
    let Some(server) = WebServer::nginx(options) else { return };
    let server = Server::web("nginx", server);
    let to = server.at(server.address, "images");
    let source = Source::new(&["web:1.0.0.1"]);
    let said = source.publish("artifacts", &to, &["--delete"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:?}");
    assert!(said.stderr.contains("could not list"), "{said:?}");
    assert!(!to.on_disk().exists());
}
