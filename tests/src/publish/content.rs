//! The selection of published archives, and that they are the verified ones.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;

use sealift_testing::fault_proxy::{Action, FaultProxy};

use super::source::{Destination, Server, Source, files, versions};

#[test]
fn a_damaged_archive_is_refused_and_nothing_is_changed() {
    let source = Source::new(&["api:1.0.0.1", "web:1.0.0.1"]);
    let to = Destination::in_folder(&source.path("published"));
    source.published("artifacts", &to, &["api"]);
    let before = files(to.on_disk());
    let archive = source.archive("web_");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();
    let said = source.publish("artifacts", &to, &[]);
    assert_eq!((said.code, said.stdout.as_str()), (5, ""), "{said:?}");
    assert!(said.stderr.contains("error: artifacts/web_1.0.0.1_"), "{said:?}");
    assert!(files(to.on_disk()) == before);
}

#[test]
fn a_misnamed_archive_is_not_published() {
    let source = Source::new(&["web:1.0.0.1", "web:2.0.0.0"]);
    let misnamed = source.place.artifacts().join("web_3.0.0.0_0123456789ab.zip");
    fs::rename(source.archive("web_2"), misnamed).unwrap();
    let to = Destination::in_folder(&source.path("published"));
    source.published("artifacts", &to, &[]);
    assert_eq!(versions(&source.fetched(&to)), ["web_1.0.0.1"]);
    let names: Vec<String> = files(to.on_disk()).into_keys().collect();
    assert!(!names.iter().any(|name| name.contains("0123456789ab")), "{names:?}");
}

#[test]
fn an_archive_that_changes_while_it_is_sent_is_removed_again() {
    let Some(server) = Server::nginx() else { return };
    let source = Source::new(&["web:1.0.0.1"]);
    source.published("artifacts", &server.at(server.address, "images"), &[]);
    source.add("artifacts", &["web:1.0.0.2"]);
    let archive = source.archive("web_1.0.0.2");
    let proxy = FaultProxy::new(server.address, move |request| {
        if request.method == "PUT" && request.target.contains("web_1.0.0.2") {
            let file = OpenOptions::new().write(true).open(&archive).unwrap();
            file.write_all_at(b"changed", 100).unwrap();
        }
        Action::Pass
    });
    let said = source.publish("artifacts", &server.at(proxy.address(), "images"), &["-q"]);
    assert_eq!((said.code, said.stdout.as_str()), (5, ""), "{said:?}");
    assert!(said.stderr.contains(".zip changed while it was published\n"), "{said:?}");
    let to = server.at(server.address, "images");
    assert_eq!(versions(&source.fetched(&to)), ["web_1.0.0.1"]);
    let names: Vec<String> = files(to.on_disk()).into_keys().collect();
    assert!(!names.iter().any(|name| name.contains("web_1.0.0.2")), "{names:?}");
}

#[test]
fn a_dry_run_changes_nothing() {
    let source = Source::new(&["web:1.0.0.1"]);
    let to = Destination::in_folder(&source.path("published"));
    let said = source.published("artifacts", &to, &["--dry-run"]);
    assert!(said.starts_with("web:1.0.0.1  would publish  "), "{said}");
    assert!(!to.on_disk().exists());

    source.published("artifacts", &to, &[]);
    source.add("artifacts", &["web:1.0.0.2", "api:1.0.0.1"]);
    let before = files(to.on_disk());
    for options in [&["--dry-run"][..], &["--dry-run", "--delete"], &["--dry-run", "--json"]] {
        source.published("artifacts", &to, options);
        assert!(files(to.on_disk()) == before, "{options:?}");
    }
    let Some(server) = Server::nginx() else { return };
    let proxy = FaultProxy::new(server.address, |_| Action::Pass);
    source.published("artifacts", &server.at(proxy.address(), "images"), &["--dry-run"]);
    let requests = proxy.requests();
    assert!(requests.iter().all(|request| matches!(&*request.method, "GET" | "HEAD")));
}

#[test]
fn a_lost_block_index_is_published_again() {
    let source = Source::new(&["web:1.0.0.1", "api:1.0.0.1"]);
    let to = Destination::in_folder(&source.path("published"));
    source.published("artifacts", &to, &[]);
    let before = files(to.on_disk());
    let lost = before.keys().find(|name| name.contains("web_") && name.ends_with(".blocks"));
    fs::remove_file(to.on_disk().join(lost.unwrap())).unwrap();
    let said = source.published("artifacts", &to, &[]);
    assert!(!said.contains("  published  "), "{said}");
    let after = files(to.on_disk());
    assert_eq!(after.get(lost.unwrap()), before.get(lost.unwrap()));
    assert_eq!(after.len(), before.len());
}
