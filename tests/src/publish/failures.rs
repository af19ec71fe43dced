//! Destinations that refuse or fail: each has its message, and readers find the state before.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use sealift_testing::fault_proxy::{Action, FaultProxy};
use sealift_testing::{Nginx, WebServer};

use super::source::{Destination, Server, Source, files, versions};
use crate::command::Said;

/// Asserts the exit code and a part of the message.
fn assert_refused(said: &Said, code: i32, message: &str) {
    assert_eq!(said.code, code, "{said:?}");
    assert_eq!(said.stdout, "", "{said:?}");
    assert!(said.stderr.contains(message), "{message}: {said:?}");
}

#[test]
fn a_server_that_refuses_uploads() {
    let Some(server) = Server::nginx() else { return };
    let source = Source::new(&["web:1.0.0.2"]);
    source.add("old", &["web:1.0.0.1"]);
    for (status, code, message) in [
        (401, 1, "the server answered 401 Unauthorized"),
        (403, 1, "the server answered 403 Forbidden"),
        (405, 2, "the server does not accept uploads: it answered 405 Method Not Allowed"),
        (507, 1, "the server answered 507 Insufficient Storage"),
        (413, 1, "the server answered 413 Payload Too Large"),
        (500, 1, "the server answered 500 Internal Server Error"),
    ] {
        // Either the archive or the config is refused.
        for part in [".zip", "images.json"] {
            let name = format!("{status}-{}", part.replace('.', "-"));
            let plain = server.at(server.address, &name);
            source.published("old", &plain, &[]);
            let proxy = FaultProxy::new(server.address, move |request| {
                match request.method == "PUT" && request.target.contains(part) {
                    true => Action::Answer(status, Vec::new(), Vec::new()),
                    false => Action::Pass,
                }
            });
            let said = source.publish("artifacts", &server.at(proxy.address(), &name), &["-q"]);
            assert_eq!(said.code, code, "{status} {part}: {said:?}");
            assert!(said.stderr.contains(message), "{status} {part}: {said:?}");
            assert_eq!(versions(&source.fetched(&plain)), ["web_1.0.0.1"]);
            plain.assert_sums();
        }
    }
}

#[test]
fn a_server_without_uploads_or_with_another_password() {
    let source = Source::new(&["web:1.0.0.1"]);
    let Some(server) = WebServer::nginx(Nginx::default()) else { return };
    let server = Server::web("nginx", server);
    let said = source.publish("artifacts", &server.at(server.address, "images"), &[]);
    assert_refused(
        &said,
        2,
        "the server does not accept uploads: it answered 405 Method Not Allowed",
    );

    let options = Nginx { uploads: true, login: Some(("ann", "right")), ..Nginx::default() };
    let Some(server) = WebServer::nginx(options) else { return };
    let files_of_server = server.files();
    let url = |password| format!("http://ann:{password}@{}/images/", server.address());
    let mut to = Destination::in_folder(&files_of_server.join("images"));
    to.url = url("wrong");
    let said = source.publish("artifacts", &to, &[]);
    assert_refused(&said, 1, "the server answered 401 Unauthorized for `vault`");
    assert!(!said.stderr.contains("wrong"), "{said:?}");
    assert!(files(&files_of_server).is_empty());
    to.url = url("right");
    let said = source.published("artifacts", &to, &[]);
    assert!(!said.contains("right"), "{said}");
    assert!(!to.read("images.json").contains("right"));
    to.assert_sums();
}

#[test]
fn a_bucket_with_another_key_or_that_does_not_exist() {
    let Some(server) = Server::s3() else { return };
    let source = Source::new(&["web:1.0.0.1"]);
    let mut to = server.at(server.address, "refused");
    to.variables[2].1 = "another".to_owned();
    let said = source.publish("artifacts", &to, &[]);
    assert_refused(&said, 1, "the secret key is wrong (HTTP 403, SignatureDoesNotMatch)");
    let mut to = server.at(server.address, "refused");
    to.url = "s3://there-is-none/images".to_owned();
    let said = source.publish("artifacts", &to, &[]);
    assert_refused(&said, 3, "there is no such bucket (HTTP 404, NoSuchBucket)");
    assert!(!said.stderr.contains(&to.variables[2].1), "{said:?}");
}

#[test]
fn a_bucket_that_refuses_the_config_keeps_the_old_one() {
    let Some(server) = Server::s3() else { return };
    let source = Source::new(&["web:1.0.0.1"]);
    let plain = server.at(server.address, "quota");
    source.published("artifacts", &plain, &[]);
    source.add("artifacts", &["web:1.0.0.2"]);
    let answer = b"<Error><Code>QuotaExceeded</Code></Error>";
    let proxy = FaultProxy::new(server.address, move |request| {
        match request.method == "PUT" && request.target.contains("images.json") {
            true => Action::Answer(403, Vec::new(), answer.to_vec()),
            false => Action::Pass,
        }
    });
    let said = source.publish("artifacts", &server.at(proxy.address(), "quota"), &["-q"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("the quota is exceeded (HTTP 403, QuotaExceeded)"), "{said:?}");
    assert_eq!(versions(&source.fetched(&plain)), ["web_1.0.0.1"]);
    plain.assert_sums();
}

#[test]
fn a_place_without_a_server() {
    let source = Source::new(&["web:1.0.0.1"]);
    let mut to = Destination::in_folder(&source.path("published"));
    to.url = "http://127.0.0.1:9/images/".to_owned();
    assert_refused(&source.publish("artifacts", &to, &[]), 6, "127.0.0.1:9");
}

/// Publishes the second version through another program. The destination refuses it.
fn refused_by(program: Command, prepare: impl Fn(&Destination)) -> Said {
    let source = Source::new(&["web:1.0.0.1"]);
    let to = Destination::in_folder(&source.path("published"));
    source.published("artifacts", &to, &[]);
    source.add("artifacts", &["web:1.0.0.2"]);
    source.place.ok(&["config", "-q"]);
    let before = files(to.on_disk());
    prepare(&to);
    let mut command = source.place.command_by(program, &["publish", &to.url]);
    let said = source.place.said(command.output().unwrap());
    assert!(files(to.on_disk()) == before, "{said:?}");
    assert_eq!(versions(&source.fetched(&to)), ["web_1.0.0.1"]);
    said
}

#[test]
fn a_folder_that_is_full() {
    let mut shell = Command::new("sh");
    // The limit is one block of 512 bytes. Because the signal is ignored, writing fails.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]);
    let said = refused_by(shell, |_| {});
    assert_refused(&said, 1, "could not write DIR/published/web_1.0.0.2_");
    assert!(said.stderr.contains("File too large"), "{said:?}");
}

#[test]
fn a_folder_that_is_read_only() {
    let Some(setpriv) = sealift_testing::program("setpriv") else { return };
    let mut program = Command::new(setpriv);
    if rustix::process::geteuid().is_root() {
        program.arg("--bounding-set=-dac_override,-dac_read_search");
    }
    let said = refused_by(program, |to| {
        fs::set_permissions(to.on_disk(), Permissions::from_mode(0o555)).unwrap();
    });
    assert_refused(&said, 1, "could not write DIR/published/web_1.0.0.2_");
    assert!(said.stderr.contains("Permission denied"), "{said:?}");
}

#[test]
fn a_folder_in_the_folder_of_archives() {
    let source = Source::new(&["web:1.0.0.1"]);
    for folder in ["artifacts", "artifacts/published", "./artifacts/../artifacts"] {
        let said = source.place.run(&["publish", folder]);
        assert_refused(&said, 2, "hint: publish to another folder");
    }
}
