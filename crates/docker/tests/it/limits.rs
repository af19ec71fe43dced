//! Endless answers from the fake engine. Each is read up to a limit, which the error contains.

use std::io;

use bytes::Bytes;
use futures_util::stream;
use sealift_docker::{
    Address, BuildRequest, Endpoint, Engine, Error, Failure, SettingSource, Timeouts,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use crate::fake::{Call, Fake};

/// Sends this head, and then the same text until the other side stops reading.
async fn never_end(mut call: Call, head: &str, text: &str) {
    call.write(head).await;
    call.write_for_ever(&text.repeat(1 + 65_536 / text.len())).await;
}

const HEAD: &str = "HTTP/1.1 200 OK\r\n\r\n";

fn too_long(error: &Error) -> String {
    assert!(matches!(error.failure(), Failure::TooLong { .. }), "{}", crate::chain(error));
    error.failure().to_string()
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_a_limit() {
    let fake = Fake::start(|call| never_end(call, HEAD, "[{},"));
    let engine = fake.engine();
    let said = [
        too_long(&engine.version().await.unwrap_err()),
        too_long(&engine.inspect("web:1").await.unwrap_err()),
        too_long(&engine.list().await.unwrap_err()),
        too_long(&engine.remove("web:1").await.unwrap_err()),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    the engine's answer is longer than the limit of 16 MiB
    the engine's answer is longer than the limit of 16 MiB
    the engine's answer is longer than the limit of 64 MiB
    the engine's answer is longer than the limit of 16 MiB
    ");
    // Only the status of this answer is used, and the body is not read.
    engine.tag("web:1", "web", "2").await.unwrap();
}

#[tokio::test]
async fn an_endless_head_is_read_up_to_a_limit() {
    let fake = Fake::start(|call| never_end(call, "HTTP/1.1 200 OK\r\nX: ", "x"));
    let said = too_long(&fake.engine().inspect("web:1").await.unwrap_err());
    insta::assert_snapshot!(said, @"the engine's response head is longer than the limit of 400 KiB");
}

#[tokio::test]
async fn an_endless_error_message_is_truncated() {
    let fake = Fake::start(|call| never_end(call, "HTTP/1.1 500 No\r\n\r\n", "no "));
    let error = fake.engine().save("web:1", None).await.unwrap_err();
    let words = error.failure().engine_message().unwrap();
    assert!(words.starts_with("no no no"), "{error}");
    assert!(words.len() < 1 << 20, "{} bytes", words.len());
}

#[tokio::test]
async fn an_endless_log_of_a_load_or_a_build_is_read_up_to_a_limit() {
    let lines = Fake::start(|call| never_end(call, HEAD, "{\"status\":\"x\"}\n"));
    let empty = || stream::empty::<io::Result<Bytes>>();
    let mut said = vec![too_long(&lines.engine().load(empty()).await.unwrap_err())];
    let line = Fake::start(|call| never_end(call, HEAD, "{\"status"));
    said.push(too_long(&line.engine().load(empty()).await.unwrap_err()));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let request = BuildRequest::new(folder.path(), "web:1");
    said.push(too_long(&line.engine().build(request, &mut |_| {}).await.unwrap_err()));
    insta::assert_snapshot!(said.join("\n"), @"
    the engine's answer is longer than the limit of 16 MiB
    the engine's line is longer than the limit of 4 MiB
    the engine's line is longer than the limit of 4 MiB
    ");
}

#[tokio::test]
async fn an_endless_answer_to_a_ping_is_read_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("fake.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read_u8().await;
            let _ = stream.write_all(HEAD.as_bytes()).await;
            while stream.write_all(&[b'x'; 65_536]).await.is_ok() {}
        }
    });
    let endpoint = Endpoint::new(Address::Unix(socket), SettingSource::Default);
    let engine = Engine::new(endpoint, Timeouts::default());
    let said = [engine.ping().await.unwrap_err(), engine.inspect("web:1").await.unwrap_err()]
        .map(|it| too_long(&it));
    assert_eq!(said, ["the engine's answer is longer than the limit of 64 KiB"; 2]);
}
