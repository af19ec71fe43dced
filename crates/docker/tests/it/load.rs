//! Loads that fail, against the fake engine.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use sealift_docker::{Engine, Error, ErrorKind, Loaded};
use tokio::sync::{mpsc, oneshot};

use crate::fake::{Call, Fake};

type Item = Result<Bytes, io::Error>;

const LOADED: &str = "{\"stream\":\"Loaded image: web:1\\n\"}\r\n";

async fn load(engine: &Engine, items: Vec<Item>) -> Result<Loaded, Error> {
    engine.load(stream::iter(items)).await
}

fn text(text: &'static str) -> Item {
    Ok(Bytes::from_static(text.as_bytes()))
}

/// Starts a fake engine that reports when the first piece has arrived, reads everything, and
/// returns what it read with the framing of chunks.
fn listening() -> (Fake, oneshot::Receiver<()>, oneshot::Receiver<Vec<u8>>) {
    let (begun, has_begun) = oneshot::channel();
    let (sender, received) = oneshot::channel();
    let senders = Mutex::new(Some((begun, sender)));
    let fake = Fake::start(move |mut call: Call| {
        let (begun, sender) = senders.lock().unwrap().take().unwrap();
        async move {
            call.read_until("one").await;
            begun.send(()).unwrap();
            sender.send(call.read_to_end().await).unwrap();
        }
    });
    (fake, has_begun, received)
}

/// The last bytes of a request in chunks that ended properly.
const PROPER_END: &[u8] = b"\r\n0\r\n\r\n";

#[tokio::test]
async fn the_loaded_images_are_read_from_the_answer() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("one\r\n3\r\ntwo\r\n0\r\n\r\n").await;
        call.answer("200 OK", LOADED).await;
    });
    // Sent as a chunk, an empty piece would end the request.
    let loaded = load(&fake.engine(), vec![text("one"), text(""), text("two")]).await.unwrap();
    assert_eq!(loaded.references, ["web:1"]);
    assert_eq!(loaded.messages, ["Loaded image: web:1"]);
    assert_eq!(fake.asked(), ["POST /v1.41/images/load?quiet=1"]);
}

#[tokio::test]
async fn an_error_of_the_stream_interrupts_the_request_and_is_the_cause() {
    let (fake, has_begun, received) = listening();
    let error = stream::once(async {
        has_begun.await.unwrap();
        Err(io::Error::other("layer 2 is damaged"))
    });
    let items = stream::iter([text("one")]).chain(error);
    let error = fake.engine().load(items).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upload);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot load an archive into the engine at unix:///SOCKET
      caused by: the upload was interrupted
      caused by: layer 2 is damaged
    ");
    assert!(!received.await.unwrap().ends_with(PROPER_END));
}

#[tokio::test]
async fn a_dropped_load_never_looks_complete() {
    let (fake, has_begun, received) = listening();
    let engine = fake.engine();
    let (sender, receiver) = mpsc::channel::<Item>(1);
    let items = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|item| (item, receiver))
    });
    let loading = tokio::spawn(async move { engine.load(items).await });
    sender.send(text("one")).await.unwrap();
    has_begun.await.unwrap();
    loading.abort();
    // The stream ends while the load is dropped, as it does when a program is interrupted.
    drop(sender);
    let _ = loading.await;
    assert!(!received.await.unwrap().ends_with(PROPER_END));
}

#[tokio::test]
async fn an_error_inside_a_success_is_an_error_with_the_engines_message() {
    let answers = [
        "{\"errorDetail\":{\"message\":\"no space left on device\"},\"error\":\"no space\"}\r\n",
        "{\"stream\":\"Loaded image: web:1\\n\"}\r\n{\"error\":\"then it broke\"}",
        "Error unpacking image web:1: unexpected EOF\n",
        "{\"message\":\"as a refusal\"}\n",
        "{\"cause\":\"EOF\",\"message\":\"payload: EOF\",\"response\":500}",
        "{\"stream\":\"Error unpacking image web:1: unexpected EOF\\n\"}\n",
    ];
    let mut said = Vec::new();
    for answer in answers {
        let fake = Fake::start(move |mut call: Call| async move {
            call.read_until("0\r\n\r\n").await;
            call.answer("200 OK", answer).await;
        });
        let error = load(&fake.engine(), vec![text("tar")]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        said.push(error.failure().to_string());
    }
    insta::assert_snapshot!(said.join("\n"), @"
    the engine reported: no space left on device
    the engine reported: then it broke
    the engine reported: Error unpacking image web:1: unexpected EOF
    the engine reported: as a refusal
    the engine reported: payload: EOF
    the engine reported: Error unpacking image web:1: unexpected EOF
    ");
}

#[tokio::test]
async fn a_refusal_before_the_end_of_the_upload_ends_it() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("piece").await;
        // The fake answers, and closes the connection while most of the request is unread.
        call.answer("500 Internal Server Error", "{\"message\":\"payload does not match\"}").await;
    });
    let endless = stream::repeat_with(|| text("piece of an archive without an end "));
    let error = fake.engine().load(endless).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot load an archive into the engine at unix:///SOCKET
      caused by: the engine reported: payload does not match
    ");
}

#[tokio::test]
async fn an_error_inside_an_early_answer_is_an_error() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("piece").await;
        call.begin().await;
        call.chunk("{\"errorDetail\":{\"message\":\"invalid tar header\"}}\r\n").await;
        call.end().await;
    });
    let endless = stream::repeat_with(|| text("piece of an archive without an end "));
    let error = fake.engine().load(endless).await.unwrap_err();
    assert_eq!(error.failure().engine_message(), Some("invalid tar header"));
}

#[tokio::test]
async fn an_early_success_does_not_hide_a_later_error_of_the_stream() {
    let answered = Arc::new(tokio::sync::Notify::new());
    let notify = Arc::clone(&answered);
    let fake = Fake::start(move |mut call: Call| {
        let notify = Arc::clone(&notify);
        async move {
            call.read_until("one").await;
            call.answer("200 OK", LOADED).await;
            notify.notify_one();
        }
    });
    let wait = stream::once(async move {
        answered.notified().await;
        text("two")
    });
    // More than the connection can hold after the engine has closed it, and less than the limit.
    let rest = (0..64).map(|_| Ok(Bytes::from(vec![b'x'; 8 << 10])));
    let rest = rest.chain([Err(io::Error::other("the last layer is damaged"))]);
    let items = stream::iter([text("one")]).chain(wait).chain(stream::iter(rest));
    let error = fake.engine().load(items).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upload);
}

#[tokio::test]
async fn an_early_success_can_leave_the_padding_of_the_tar_unread() {
    let answered = Arc::new(tokio::sync::Notify::new());
    let notify = Arc::clone(&answered);
    let fake = Fake::start(move |mut call: Call| {
        let notify = Arc::clone(&notify);
        async move {
            call.read_until("one").await;
            call.answer("200 OK", LOADED).await;
            notify.notify_one();
        }
    });
    let late = stream::once(async move {
        answered.notified().await;
        text("padding")
    });
    let loaded = fake.engine().load(stream::iter([text("one")]).chain(late)).await.unwrap();
    assert_eq!(loaded.references, ["web:1"]);
}

#[tokio::test]
async fn an_early_success_counts_whatever_the_size_of_the_rest() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("piece").await;
        call.answer("200 OK", LOADED).await;
    });
    let rest = (0..100).map(|_| Ok(Bytes::from(vec![b'x'; 64 << 10])));
    let items = [text("piece")].into_iter().chain(rest).collect();
    assert_eq!(load(&fake.engine(), items).await.unwrap().references, ["web:1"]);
}

#[tokio::test]
async fn an_early_success_counts_however_slow_the_rest_of_the_stream_is() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("piece").await;
        // Waits until the connection is full.
        tokio::time::sleep(Duration::from_millis(100)).await;
        call.answer("200 OK", LOADED).await;
        std::future::pending::<()>().await;
    });
    let engine = fake.engine_with(|timeouts| {
        timeouts.idle = Duration::from_millis(300);
        timeouts.ping_every = Duration::from_millis(50);
    });
    let start = stream::iter((0..100).map(|_| Ok(Bytes::from(b"piece".repeat(10_000)))));
    let slow = stream::once(async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        text("verified")
    });
    let loaded = engine.load(start.chain(slow)).await.unwrap();
    assert_eq!(loaded.references, ["web:1"]);
}

/// Loads a stream whose end comes before or after the engine's answer.
async fn load_with_an_answer_at_the_end(
    is_answer_first: bool,
    answer: &'static str,
) -> Result<Loaded, Error> {
    let (answered, is_answered) = oneshot::channel();
    let (ended, has_ended) = oneshot::channel::<()>();
    let once = Mutex::new(Some((answered, has_ended)));
    let fake = Fake::start(move |mut call: Call| {
        let (answered, has_ended) = once.lock().unwrap().take().unwrap();
        async move {
            call.read_until("one").await;
            if !is_answer_first {
                has_ended.await.unwrap();
            }
            call.answer("200 OK", answer).await;
            let _ = answered.send(());
        }
    });
    // The stream panics if it is polled after its end, as streams are allowed to.
    let mut state = Some((is_answered, ended));
    let mut pieces = 0;
    let items = stream::poll_fn(move |cx| {
        use std::task::{Poll, ready};
        pieces += 1;
        if pieces <= 3 {
            return Poll::Ready(Some(text("one")));
        }
        if is_answer_first {
            let (is_answered, _) = state.as_mut().expect("polled after its end");
            let _ = ready!(std::pin::Pin::new(is_answered).poll(cx));
        }
        let (_, ended) = state.take().expect("polled after its end");
        let _ = ended.send(());
        Poll::Ready(None)
    });
    fake.engine().load(items).await
}

#[tokio::test]
async fn a_stream_is_never_polled_after_its_end() {
    for is_answer_first in [true, false] {
        let loaded = load_with_an_answer_at_the_end(is_answer_first, LOADED).await.unwrap();
        assert_eq!(loaded.references, ["web:1"]);
        let refusal = "{\"error\":\"no space left on device\"}\n";
        let error = load_with_an_answer_at_the_end(is_answer_first, refusal).await.unwrap_err();
        assert_eq!(error.failure().engine_message(), Some("no space left on device"));
    }
}

#[tokio::test]
async fn an_engine_that_disconnects_during_an_upload_is_an_error() {
    let fake = Fake::start(|mut call: Call| async move { call.read_until("piece").await });
    let endless = stream::repeat_with(|| text("piece of an archive without an end "));
    let error = fake.engine().load(endless).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Broken);
}

#[tokio::test]
async fn an_interrupted_answer_is_an_error() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("0\r\n\r\n").await;
        call.begin().await;
        call.chunk(LOADED).await;
    });
    let error = load(&fake.engine(), vec![text("tar")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Broken);
}

#[tokio::test]
async fn an_engine_that_has_received_everything_can_be_silent_while_it_answers_pings() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_chunks().await;
        call.pings(25).await;
        call.answer("200 OK", LOADED).await;
    });
    // The twenty-five pings take longer than the limit for silence.
    let items = (0..64).map(|_| Ok(Bytes::from(vec![b'x'; 64 << 10]))).collect();
    let engine = fake.engine_with(|timeouts| {
        timeouts.idle = Duration::from_secs(2);
        timeouts.call = timeouts.idle;
        timeouts.ping_every = Duration::from_millis(100);
    });
    assert_eq!(load(&engine, items).await.unwrap().references, ["web:1"]);
}

#[tokio::test]
async fn an_engine_that_stops_reading_is_an_error_even_if_it_answers_pings() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("piece").await;
        std::future::pending::<()>().await;
    });
    let engine = fake.engine_with(|timeouts| {
        timeouts.idle = Duration::from_millis(300);
        timeouts.ping_every = Duration::from_millis(50);
    });
    let endless = stream::repeat_with(|| text("piece of an archive without an end "));
    let error = engine.load(endless).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Idle);
    let said = fake.chain(&error);
    let (before, after) = said.split_once(" after ").unwrap();
    assert!(before.ends_with("the engine read no data for 0.3 s,"), "{said}");
    assert!(after.ends_with(" bytes of the upload"), "{said}");
}

#[tokio::test]
async fn a_silent_engine_that_answers_no_pings_is_an_error() {
    let fake = Fake::start_with(1, "1.41", Call::stall);
    let engine = fake.engine_with(|timeouts| {
        timeouts.idle = Duration::from_millis(50);
        timeouts.ping_every = timeouts.idle;
    });
    let error = load(&engine, vec![text("tar")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Idle);
}
