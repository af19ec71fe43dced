//! Uploads to real servers with WebDAV.

use std::fs::{self, File};
use std::sync::atomic::{AtomicU64, Ordering};

use sealift_remote::{Condition, Error, ErrorKind, Object, PutOptions, Remote, Upload};
use sealift_testing::fault_proxy::{Action, FaultProxy};
use sealift_testing::{Nginx, WebServer};

use crate::place::{content, key, open, open_with};

fn nginx() -> Option<WebServer> {
    WebServer::nginx(Nginx { uploads: true, lists: true, ..Nginx::default() })
}

async fn put(remote: &Remote, path: &str, text: &str, when: Condition) -> Result<Object, Error> {
    remote.put(&key(path), text.into(), &PutOptions::default().with_condition(when)).await
}

/// Returns the names of all files in a folder, including hidden ones.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Tests that objects are written, listed and removed, as on a disk.
async fn writes_lists_and_removes(server: &WebServer) {
    let remote = open(&server.url("/builds/images"));
    let size = 3_000_000;
    let local = server.files().join("../local.bin");
    fs::write(&local, content(size)).unwrap();
    let taken = AtomicU64::new(0);
    let count = |bytes| {
        taken.fetch_add(bytes, Ordering::Relaxed);
    };
    let upload = Upload::File { file: File::open(&local).unwrap(), size: size as u64 };
    let options = PutOptions::default().with_content_type("application/zip").with_on_bytes(&count);
    let object = remote.put(&key("team/web_1+x.zip"), upload, &options).await.unwrap();
    assert_eq!((object.size, taken.into_inner()), (Some(size as u64), size as u64));
    put(&remote, "team/sub/b & c.txt", "two", Condition::Always).await.unwrap();
    put(&remote, "images.json", "old", Condition::Always).await.unwrap();
    put(&remote, "images.json", "three", Condition::Always).await.unwrap();

    let files = server.files().join("builds/images");
    assert!(fs::read(files.join("team/web_1+x.zip")).unwrap() == content(size));
    assert_eq!(fs::read_to_string(files.join("images.json")).unwrap(), "three");
    assert_eq!(names(&files.join("team")), ["sub", "web_1+x.zip"]);
    let listed = remote.list().await.unwrap();
    let listed: Vec<_> = listed.iter().map(|entry| (entry.key.as_str(), entry.size)).collect();
    let expected =
        [("images.json", 5), ("team/sub/b & c.txt", 3), ("team/web_1+x.zip", size as u64)];
    assert_eq!(listed, expected);

    assert!(remote.remove(&key("images.json")).await.unwrap());
    assert!(!remote.remove(&key("images.json")).await.unwrap());
    assert_eq!(names(&files), ["team"]);
}

/// Tests compare-and-swap.
async fn keeps_conditions(server: &WebServer) {
    let remote = open(&server.url(""));
    let first = put(&remote, "images.json", "one", Condition::Absent).await.unwrap();
    let absent = put(&remote, "images.json", "two", Condition::Absent).await;
    assert_eq!(absent.unwrap_err().kind(), ErrorKind::Changed);
    let etag = first.etag.unwrap();
    let second = put(&remote, "images.json", "second", Condition::Matches(etag.clone())).await;
    assert_ne!(second.unwrap().etag.unwrap(), etag);
    let stale = put(&remote, "images.json", "three", Condition::Matches(etag)).await;
    assert_eq!(stale.unwrap_err().kind(), ErrorKind::Changed);
    assert_eq!(fs::read_to_string(server.files().join("images.json")).unwrap(), "second");
}

#[tokio::test]
async fn nginx_accepts_uploads() {
    let Some(server) = nginx() else { return };
    writes_lists_and_removes(&server).await;
    keeps_conditions(&server).await;
}

#[tokio::test]
async fn apache_accepts_uploads() {
    let Some(server) = WebServer::apache() else { return };
    writes_lists_and_removes(&server).await;
    keeps_conditions(&server).await;
}

#[tokio::test]
async fn rclone_accepts_uploads() {
    let Some(server) = WebServer::rclone() else { return };
    writes_lists_and_removes(&server).await;
    keeps_conditions(&server).await;
}

#[tokio::test]
async fn a_server_without_uploads_is_an_error() {
    let Some(server) = WebServer::nginx(Nginx::default()) else { return };
    let error = put(&open(&server.url("")), "a", "one", Condition::Always).await.unwrap_err();
    let words = "the server does not accept uploads: it answered 405 Method Not Allowed";
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Unsupported, words));
    let error = open(&server.url("")).list().await.unwrap_err();
    let words = "the server does not support WebDAV: it answered 405 Method Not Allowed";
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Unsupported, words));
}

#[tokio::test]
async fn an_interrupted_upload_starts_again() {
    let Some(server) = nginx() else { return };
    let proxy = FaultProxy::new(server.address(), |request| {
        match (request.method.as_str(), request.number) {
            ("PUT", 3) => Action::CutUpload(300_000),
            ("PUT", 4) => Action::Answer(503, Vec::new(), Vec::new()),
            ("MOVE", 6) => Action::LoseAnswer,
            _ => Action::Pass,
        }
    });
    let remote = open(&proxy.url("/x"));
    let local = server.files().join("../local.bin");
    fs::write(&local, content(1_000_000)).unwrap();
    let upload = Upload::File { file: File::open(&local).unwrap(), size: 1_000_000 };
    let taken = AtomicU64::new(0);
    let count = |bytes| {
        taken.fetch_add(bytes, Ordering::Relaxed);
    };
    let options = PutOptions::default().with_on_bytes(&count);
    remote.put(&key("a.bin"), upload, &options).await.unwrap();
    assert_eq!(taken.into_inner(), 1_000_000, "progress counts no byte twice");
    let methods: Vec<_> = proxy.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["MKCOL", "MOVE", "PUT", "PUT", "PUT", "MOVE", "MOVE", "HEAD"]);
    assert!(fs::read(server.files().join("x/a.bin")).unwrap() == content(1_000_000));
}

#[tokio::test]
async fn a_condition_survives_a_lost_answer() {
    let Some(server) = WebServer::apache() else { return };
    let proxy = FaultProxy::new(server.address(), |request| {
        match (request.method.as_str(), request.number) {
            ("PUT", 4) => Action::LoseAnswer,
            _ => Action::Pass,
        }
    });
    let object = put(&open(&proxy.url("")), "a", "one", Condition::Absent).await.unwrap();
    assert_eq!(object.size, Some(3));
    let methods: Vec<_> = proxy.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["HEAD", "MOVE", "PUT", "PUT", "PUT", "GET", "HEAD"]);
}

/// rclone shows incomplete uploads.
#[tokio::test]
async fn a_server_that_ignores_conditions_shows_no_incomplete_upload() {
    for server in [nginx(), WebServer::rclone()].into_iter().flatten() {
        let proxy = FaultProxy::new(server.address(), |_| Action::Pass);
        let remote = open(&proxy.url(""));
        put(&remote, "a", "one", Condition::Absent).await.unwrap();
        let methods: Vec<_> = proxy.requests().into_iter().map(|request| request.method).collect();
        assert_eq!(methods, ["HEAD", "MOVE", "PUT", "HEAD", "MOVE", "HEAD"]);
        let first = remote.head(&key("a")).await.unwrap().unwrap().etag.unwrap();
        // Another writer replaces the object during the upload.
        let path = server.files().join("a");
        proxy.reset(move |request| {
            if request.method == "PUT" {
                fs::write(&path, "another").unwrap();
            }
            Action::Pass
        });
        let error = put(&remote, "a", "two", Condition::Matches(first)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
        assert_eq!(fs::read_to_string(server.files().join("a")).unwrap(), "another");
        assert_eq!(names(&server.files()), ["a"]);
    }
}

#[tokio::test]
async fn a_server_that_cannot_rename_is_uploaded_to_directly() {
    let Some(server) = nginx() else { return };
    for status in [405, 403] {
        let proxy =
            FaultProxy::new(server.address(), move |request| match request.method.as_str() {
                "MOVE" => Action::Answer(status, Vec::new(), Vec::new()),
                _ => Action::Pass,
            });
        let remote = open(&proxy.url(""));
        put(&remote, "a", "one", Condition::Always).await.unwrap();
        put(&remote, "b", "two", Condition::Always).await.unwrap();
        assert_eq!(names(&server.files()), ["a", "b"], "{status}");
    }
}

#[tokio::test]
async fn a_refused_upload_is_an_error_with_the_reason() {
    let Some(server) = nginx() else { return };
    let proxy = FaultProxy::new(server.address(), |request| match request.method.as_str() {
        "PUT" => Action::Answer(413, Vec::new(), Vec::new()),
        _ => Action::Pass,
    });
    let error = put(&open(&proxy.url("")), "a", "one", Condition::Always).await.unwrap_err();
    assert_eq!(error.reason(), "the server answered 413 Payload Too Large");
    // A fake, because the moment matters: it answers before it has read anything, and closes the
    // connection.
    let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = refusing.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for client in refusing.incoming() {
            let mut client = client.unwrap();
            let _ = client.read(&mut [0; 100]);
            let _ = client.write_all(b"HTTP/1.1 507 Full\r\nContent-Length: 0\r\n\r\n");
            let _ = client.shutdown(std::net::Shutdown::Write);
            // The fake reads no more, so the client's writes stall or fail.
            std::thread::park_timeout(std::time::Duration::from_millis(200));
        }
    });
    let remote = open_with(&format!("http://{address}"), &[("SEALIFT_REMOTE_TIMEOUT", "5")]);
    let upload = Upload::from(content(20_000_000));
    let error = remote.put(&key("a"), upload, &PutOptions::default()).await.unwrap_err();
    assert_eq!(error.reason(), "the server answered 507 Insufficient Storage");
}
