//! Saves that fail, against the fake engine.

use std::time::Duration;

use sealift_docker::{Error, ErrorKind, SaveStream};

use crate::fake::Fake;

async fn read(stream: &mut SaveStream) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next_chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn a_save_is_read_to_its_proper_end() {
    let fake = Fake::start(|mut call| async move {
        call.begin().await;
        call.chunk("one ").await;
        call.chunk("two").await;
        call.end().await;
    });
    let mut stream = fake.engine().save("localhost:5000/team/web:1.0_x", None).await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap(), "one two");
    assert!(stream.next_chunk().await.unwrap().is_none(), "the end stays the end");
    assert_eq!(fake.asked(), ["GET /v1.41/images/localhost:5000/team/web:1.0_x/get"]);
}

#[tokio::test]
async fn a_lost_connection_is_an_error_for_every_further_read() {
    let fake = Fake::start(|mut call| async move {
        call.begin().await;
        call.chunk("half of").await;
    });
    let mut stream = fake.engine().save("web:1", None).await.unwrap();
    let error = read(&mut stream).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Broken);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot save `web:1` from the engine at unix:///SOCKET
      caused by: the connection was lost after 7 bytes of the answer
      caused by: error reading a body from connection
      caused by: unexpected EOF during chunk size line
    ");
    assert_eq!(stream.next_chunk().await.unwrap_err().kind(), ErrorKind::Broken);
}

#[tokio::test]
async fn a_chunk_that_ends_early_is_an_error() {
    let fake = Fake::start(|mut call| async move {
        call.begin().await;
        call.write("ff\r\nshort").await;
    });
    let mut stream = fake.engine().save("web:1", None).await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap_err().kind(), ErrorKind::Broken);
}

#[tokio::test]
async fn an_answer_shorter_than_its_length_is_an_error() {
    let fake = Fake::start(|mut call| async move {
        call.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.").await;
    });
    let mut stream = fake.engine().save("web:1", None).await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap_err().kind(), ErrorKind::Broken);
}

#[tokio::test]
async fn an_answer_without_a_recognisable_end_is_refused() {
    let fake = Fake::start(|mut call| async move {
        call.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of").await;
    });
    let error = fake.engine().save("web:1", None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unintelligible);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot save `web:1` from the engine at unix:///SOCKET
      caused by: the engine's answer cannot be understood: it has no length, so a complete answer cannot be distinguished from an interrupted one
    ");
}

#[tokio::test]
async fn a_save_that_stalls_after_its_first_byte_is_an_error_even_if_pings_are_answered() {
    let fake = Fake::start(|mut call| async move {
        call.begin().await;
        call.chunk("first").await;
        call.stall().await;
    });
    let engine = fake.engine_with(|timeouts| timeouts.idle = Duration::from_millis(100));
    let mut stream = engine.save("web:1", None).await.unwrap();
    let error = read(&mut stream).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Idle);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot save `web:1` from the engine at unix:///SOCKET
      caused by: no data for 0.1 s, after 5 bytes of the answer
    ");
}

#[tokio::test]
async fn the_first_byte_can_take_long_while_pings_are_answered() {
    let fake = Fake::start(|mut call| async move {
        call.pings(25).await;
        call.begin().await;
        call.pings(50).await;
        call.chunk("late").await;
        call.end().await;
    });
    // The twenty-five pings take longer than the limit for silence.
    let engine = fake.engine_with(|timeouts| {
        timeouts.idle = Duration::from_secs(2);
        timeouts.ping_every = Duration::from_millis(100);
    });
    let mut stream = engine.save("web:1", None).await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap(), "late");
}

#[tokio::test]
async fn a_silence_before_the_first_byte_without_pongs_is_an_error() {
    let short = Duration::from_millis(50);
    // The first ping asks for the version of the API.
    let fake = Fake::start_with(1, "1.41", |mut call| async move {
        call.begin().await;
        call.stall().await;
    });
    let engine = fake.engine_with(|timeouts| {
        timeouts.ping_every = short;
        timeouts.idle = short;
    });
    let error = match engine.save("web:1", None).await {
        Ok(mut stream) => read(&mut stream).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Idle);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot save `web:1` from the engine at unix:///SOCKET
      caused by: the engine was silent, and no longer answers pings
      caused by: no answer within 0.05 s
    ");
}

#[tokio::test]
async fn dropping_a_save_closes_its_connection() {
    let (closed, is_closed) = tokio::sync::oneshot::channel();
    let closed = std::sync::Mutex::new(Some(closed));
    let fake = Fake::start(move |mut call| {
        let closed = closed.lock().unwrap().take();
        async move {
            call.begin().await;
            call.chunk("first").await;
            call.stall().await;
            closed.unwrap().send(()).unwrap();
        }
    });
    let mut stream = fake.engine().save("web:1", None).await.unwrap();
    stream.next_chunk().await.unwrap().unwrap();
    drop(stream);
    is_closed.await.unwrap();
}

#[tokio::test]
async fn every_form_of_refusal_becomes_an_error_with_the_engines_message() {
    let words = [
        ("404 Not Found", r#"{"message":"No such image: web:1"}"#),
        (
            "500 Internal Server Error",
            r#"{"cause":"x","message":"Unknown media type","response":500}"#,
        ),
        ("500 Internal Server Error", "plain words\n"),
        ("503 Service Unavailable", ""),
    ];
    let mut said = Vec::new();
    for (status, body) in words {
        let fake = Fake::start(move |call| call.answer(status, body));
        let error = fake.engine().save("web:1", None).await.unwrap_err();
        said.push(format!("{:?}: {}", error.kind(), error.failure()));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    NotFound: the engine reported: No such image: web:1
    Refused: the engine reported: Unknown media type
    Refused: the engine reported: plain words
    Refused: the engine reported: status 503 Service Unavailable
    ");
}
