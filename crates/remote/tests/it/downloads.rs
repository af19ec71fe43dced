//! Downloads from real servers.

use std::fs;

use sealift_remote::{ErrorKind, Get, GetRequest};
use sealift_testing::{Nginx, WebServer};

use crate::place::{content, download, key, open, open_with, read};

#[tokio::test]
async fn nginx_serves_ranges_and_tags() {
    let Some(server) = WebServer::nginx(Nginx::default()) else { return };
    let bytes = content(300_000);
    fs::create_dir(server.files().join("b+ c")).unwrap();
    fs::write(server.files().join("b+ c/d%e.bin"), &bytes).unwrap();
    let remote = open(&server.url("/"));
    let key = key("b+ c/d%e.bin");
    let object = remote.head(&key).await.unwrap().unwrap();
    assert_eq!(object.size, Some(300_000));
    assert!(object.etag.as_ref().unwrap().is_strong());
    for range in [0..300_000, 1..2, 299_999..300_000, 100_000..200_000, 5..5] {
        let request = GetRequest::default().with_range(range.clone());
        let found = remote.get(&key, &request).await.unwrap().found().unwrap();
        assert_eq!((found.offset(), found.object()), (range.start, &object));
        let part = found.bytes(1 << 20).await.unwrap();
        assert_eq!(part, bytes[range.start as usize..range.end as usize]);
    }
    let past = GetRequest::default().with_range(0..300_001);
    assert_eq!(remote.get(&key, &past).await.unwrap_err().kind(), ErrorKind::BadAnswer);

    let known = GetRequest::default().with_if_none_match(object.etag.clone());
    assert!(matches!(remote.get(&key, &known).await.unwrap(), Get::NotModified));
    fs::write(server.files().join("b+ c/d%e.bin"), "other").unwrap();
    assert!(remote.get(&key, &known).await.unwrap().found().is_some());
    let same = GetRequest::default().with_if_match(object.etag);
    assert_eq!(remote.get(&key, &same).await.unwrap_err().kind(), ErrorKind::Changed);
}

#[tokio::test]
async fn a_missing_object_is_not_an_error() {
    let Some(server) = WebServer::nginx(Nginx::default()) else { return };
    let remote = open(&server.url("/"));
    assert_eq!(remote.head(&key("none")).await.unwrap(), None);
    let answer = remote.get(&key("none"), &GetRequest::default()).await.unwrap();
    assert!(matches!(answer, Get::NotFound));
    let range = GetRequest::default().with_range(3..3);
    assert!(matches!(remote.get(&key("none"), &range).await.unwrap(), Get::NotFound));
}

#[tokio::test]
async fn python_sends_the_complete_object_instead_of_a_range() {
    let Some(server) = WebServer::python() else { return };
    let bytes = content(100_000);
    fs::write(server.files().join("a.bin"), &bytes).unwrap();
    let remote = open(&server.url(""));
    let request = GetRequest::default().with_range(500..600);
    let whole = download(&remote, &request).await.unwrap();
    assert_eq!((whole.offset(), whole.object().size), (0, Some(100_000)));
    assert_eq!(whole.bytes(1 << 20).await.unwrap(), bytes);
}

#[tokio::test]
async fn tls_is_verified() {
    let Some(server) = WebServer::nginx(Nginx { tls: true, ..Nginx::default() }) else { return };
    fs::write(server.files().join("a.bin"), "content").unwrap();
    let authority = server.authority();
    let trusted = [("SSL_CERT_FILE", authority.to_str().unwrap())];
    let remote = open_with(&server.url(""), &trusted);
    assert_eq!(read(&remote, &GetRequest::default()).await.unwrap(), "content");

    let elsewhere = server.url("").replace("127.0.0.1", "localhost");
    for (url, variables, reason) in [
        (&elsewhere, trusted, "the server's certificate is not for `localhost`"),
        (
            &server.url(""),
            [("SSL_CERT_FILE", "/dev/null")],
            "SSL_CERT_FILE and SSL_CERT_DIR contain no",
        ),
    ] {
        let remote = open_with(url, &variables);
        let error = read(&remote, &GetRequest::default()).await.unwrap_err();
        assert!(error.reason().starts_with(reason), "{error}");
    }
    let Some(other) = WebServer::nginx(Nginx { tls: true, ..Nginx::default() }) else { return };
    let error = read(&open_with(&other.url(""), &trusted), &GetRequest::default()).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.reason().contains("from an authority that is not trusted"), "{error}");
    let plain = other.url("").replace("https", "http");
    let error = read(&open(&plain), &GetRequest::default()).await.unwrap_err();
    assert_eq!(error.reason(), "the server answered 400 Bad Request");
}

#[tokio::test]
async fn a_server_that_is_not_running_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = read(&open(&format!("http://{free}/")), &GetRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    let words = format!("could not read http://{free}/a.bin: Connection refused (os error 111)");
    assert_eq!(error.to_string(), words);
}
