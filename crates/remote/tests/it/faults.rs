//! Failures of networks and servers.

use std::fs;
use std::time::Duration;

use sealift_remote::{Error, ErrorKind, GetRequest, Remote};
use sealift_testing::fault_proxy::{Action, FaultProxy, Request};
use sealift_testing::{Nginx, WebServer};

use crate::place::{content, download, open, open_with, read};

const SIZE: usize = 500_000;

/// A server with an object, and a proxy in front of it.
struct Line {
    server: WebServer,
    proxy: FaultProxy,
    remote: Remote,
    bytes: Vec<u8>,
}

impl Line {
    fn to(
        server: Option<WebServer>,
        decide: impl Fn(&Request) -> Action + Send + Sync + 'static,
    ) -> Option<Self> {
        let server = server?;
        let bytes = content(SIZE);
        let path = server.files().join("a.bin");
        fs::write(&path, &bytes).unwrap();
        // The time is long ago, so that it identifies the file.
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        let proxy = FaultProxy::new(server.address(), decide);
        let remote = open(&proxy.url(""));
        Some(Self { server, proxy, remote, bytes })
    }

    fn nginx(decide: impl Fn(&Request) -> Action + Send + Sync + 'static) -> Option<Self> {
        Self::to(WebServer::nginx(Nginx::default()), decide)
    }

    async fn whole(&self) -> Result<(), Error> {
        let found = read(&self.remote, &GetRequest::default()).await?;
        assert!(found == self.bytes, "other bytes came");
        Ok(())
    }

    async fn range(&self) -> Result<(), Error> {
        let request = GetRequest::default().with_range(1000..400_000);
        let found = read(&self.remote, &request).await?;
        assert!(found == self.bytes[1000..400_000], "other bytes came");
        Ok(())
    }
}

fn cuts(request: &Request) -> Action {
    if request.number < 4 { Action::CutAfter(100_000) } else { Action::Pass }
}

#[tokio::test]
async fn an_interrupted_body_is_continued() {
    let Some(line) = Line::nginx(cuts) else { return };
    line.whole().await.unwrap();
    assert_eq!(line.proxy.sent(), SIZE as u64, "nothing came twice");
    let ranges: Vec<_> = line
        .proxy
        .requests()
        .into_iter()
        .map(|request| {
            (request.header("range").map(str::to_owned), request.header("if-range").is_some())
        })
        .collect();
    assert_eq!(ranges[0], (None, false));
    assert_eq!(ranges[1], (Some("bytes=100000-499999".to_owned()), true));
    assert_eq!(ranges[3], (Some("bytes=300000-499999".to_owned()), true));

    line.proxy.reset(cuts);
    line.range().await.unwrap();
    assert_eq!(line.proxy.sent(), 399_000);
}

#[tokio::test]
async fn an_interrupted_body_is_read_again_from_a_server_without_ranges() {
    let Some(line) = Line::to(WebServer::python(), cuts) else { return };
    line.whole().await.unwrap();
    assert_eq!(line.proxy.requests().len(), 4);
    line.proxy.reset(cuts);
    let request = GetRequest::default().with_range(1000..400_000);
    let whole = download(&line.remote, &request).await.unwrap();
    assert_eq!(whole.offset(), 0);
    assert!(whole.bytes(SIZE).await.unwrap() == line.bytes);
}

#[tokio::test]
async fn a_server_that_ignores_only_later_ranges_is_read_from_the_start() {
    let Some(line) = Line::nginx(|request| match request.number {
        1 => Action::CutAfter(100_000),
        _ => Action::WithoutRequestHeaders(&["range", "if-range"]),
    }) else {
        return;
    };
    line.whole().await.unwrap();
    line.proxy.reset(|request| match request.number {
        1 => Action::CutAfter(100_000),
        _ => Action::WithoutRequestHeaders(&["range", "if-range"]),
    });
    line.range().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_lost_repeatedly_is_an_error() {
    let Some(line) = Line::nginx(|request| match request.number {
        1 => Action::CutAfter(100_000),
        _ => Action::CutAfter(0),
    }) else {
        return;
    };
    let error = line.whole().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.reason().ends_with(", after 100000 of 500000 bytes"), "{error}");
    assert_eq!(line.proxy.requests().len(), 6);
}

#[tokio::test]
async fn an_object_that_changes_during_a_download_is_an_error() {
    let etag = |tag: &str| Action::WithHeaders(vec![("etag", tag.to_owned())]);
    let changes: [fn(&Request) -> bool; 2] =
        [|request| request.header("if-range").is_some(), |request| request.number == 2];
    for is_later in changes {
        let Some(line) = Line::nginx(move |request| match is_later(request) {
            true => etag("\"other\""),
            false => Action::CutAfter(100_000),
        }) else {
            return;
        };
        assert_eq!(line.whole().await.unwrap_err().kind(), ErrorKind::Changed);
    }
    let Some(line) = Line::nginx(|request| match request.number {
        1 => Action::CutAfter(100_000),
        _ => Action::Pass,
    }) else {
        return;
    };
    let mut download = download(&line.remote, &GetRequest::default()).await.unwrap();
    let mut read = 0;
    while read < 100_000 {
        read += download.chunk().await.unwrap().unwrap().len();
    }
    fs::write(line.server.files().join("a.bin"), content(SIZE)).unwrap();
    assert_eq!(download.chunk().await.unwrap_err().kind(), ErrorKind::Changed);
}

#[tokio::test]
async fn an_answer_that_does_not_match_the_request_is_an_error() {
    let with = |name, value: &'static str| {
        move |_: &_| Action::WithHeaders(vec![(name, value.to_owned())])
    };
    let Some(line) = Line::nginx(|_| Action::Gzip) else { return };
    let reason = line.whole().await.unwrap_err().reason().to_owned();
    assert_eq!(reason, "the answer is compressed (gzip), although that was not requested");
    line.proxy.reset(with("content-range", "bytes 0-398999/500000"));
    let error = line.range().await.unwrap_err();
    let words = "the answer is the range `bytes 0-398999/500000`, not bytes 1000 to 400000";
    assert_eq!((error.kind(), error.reason()), (ErrorKind::BadAnswer, words));
    line.proxy.reset(with("content-length", "7"));
    assert_eq!(line.range().await.unwrap_err().kind(), ErrorKind::BadAnswer);
    // The bytes after the stated length are not part of the answer.
    assert_eq!(read(&line.remote, &GetRequest::default()).await.unwrap().len(), 7);
}

#[tokio::test]
async fn a_request_to_a_busy_server_is_repeated() {
    let Some(line) = Line::nginx(|request| match request.number {
        1 => Action::Answer(503, Vec::new(), Vec::new()),
        2 => Action::Answer(429, vec![("retry-after", "0".to_owned())], Vec::new()),
        3 => Action::Close,
        4 => Action::LoseAnswer,
        _ => Action::Pass,
    }) else {
        return;
    };
    line.whole().await.unwrap();
    assert_eq!(line.proxy.requests().len(), 5);
    line.proxy.reset(|_| Action::Answer(503, Vec::new(), Vec::new()));
    let error = line.whole().await.unwrap_err();
    let words = (ErrorKind::Server, "the server answered 503 Service Unavailable");
    assert_eq!((error.kind(), error.reason()), words);
    assert_eq!(line.proxy.requests().len(), 6);
    line.proxy.reset(|_| Action::Answer(400, Vec::new(), Vec::new()));
    line.whole().await.unwrap_err();
    assert_eq!(line.proxy.requests().len(), 1);
}

#[tokio::test]
async fn a_silent_server_is_an_error() {
    let Some(line) = Line::nginx(|request| match request.number {
        1 => Action::StallAfter(100_000),
        2 => Action::Hold,
        _ => Action::Pass,
    }) else {
        return;
    };
    let short = [("SEALIFT_REMOTE_TIMEOUT", "0.3")];
    let remote = open_with(&line.proxy.url(""), &short);
    assert!(read(&remote, &GetRequest::default()).await.unwrap() == line.bytes);
    assert_eq!(line.proxy.requests().len(), 3);
    line.proxy.reset(|_| Action::Hold);
    let error = read(&remote, &GetRequest::default()).await.unwrap_err();
    let words = (ErrorKind::Unreachable, "no data was sent or received for 0.3 s");
    assert_eq!((error.kind(), error.reason()), words);
    assert_eq!(line.proxy.requests().len(), 3, "silence costs more than other failures");
}

#[tokio::test]
async fn a_slow_reader_is_not_an_error() {
    let Some(line) = Line::nginx(|_| Action::Pass) else { return };
    let remote = open_with(&line.server.url(""), &[("SEALIFT_REMOTE_TIMEOUT", "0.2")]);
    let mut download = download(&remote, &GetRequest::default()).await.unwrap();
    let mut found = Vec::new();
    let mut pauses = 3;
    while let Some(chunk) = download.chunk().await.unwrap() {
        found.extend(chunk);
        if pauses > 0 {
            pauses -= 1;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    assert!(found == line.bytes);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_an_error() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // A fake, because no web server answers like this.
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        // Before the request, the text would not be an answer.
        assert!(client.read(&mut [0; 1000]).unwrap() > 0);
        client.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").unwrap();
        std::io::copy(&mut client, &mut std::io::sink()).ok();
    });
    let remote = open(&format!("http://{address}"));
    let error = read(&remote, &GetRequest::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::BadAnswer, "the answer is not HTTP"));
    drop(remote);
    server.join().unwrap();
}
