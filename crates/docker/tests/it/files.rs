//! Saves and loads through the common traits, and with files.

use std::fs;
use std::io::ErrorKind as IoErrorKind;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sealift_docker::{ErrorKind, archive_body};
use tokio::io::AsyncReadExt as _;

use crate::fake::{Call, Fake};

fn saving() -> Fake {
    Fake::start(|mut call| async move {
        call.begin().await;
        call.chunk("one ").await;
        call.chunk("two").await;
        call.end().await;
    })
}

fn breaking() -> Fake {
    Fake::start(|mut call| async move {
        call.begin().await;
        call.chunk("half of").await;
    })
}

#[tokio::test]
async fn a_save_is_a_stream() {
    let stream = saving().engine().save("web:1", None).await.unwrap();
    let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"one two");
    let mut stream = breaking().engine().save("web:1", None).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "half of");
    assert_eq!(stream.next().await.unwrap().unwrap_err().kind(), ErrorKind::Broken);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_save_can_be_read_in_pieces_of_any_size() {
    let mut stream = saving().engine().save("web:1", None).await.unwrap();
    let mut start = [0; 2];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"on");
    assert_eq!(stream.next_chunk().await.unwrap().unwrap(), "e ");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!((rest.as_str(), stream.received()), ("two", 7));
    let mut stream = breaking().engine().save("web:1", None).await.unwrap();
    let error = stream.read_to_string(&mut rest).await.unwrap_err();
    assert_eq!(error.kind(), IoErrorKind::Other);
    let error = error.downcast::<sealift_docker::Error>().unwrap();
    assert_eq!(error.kind(), ErrorKind::Broken);
}

#[tokio::test]
async fn a_save_writes_a_file_and_a_failed_one_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.tar");
    assert_eq!(saving().engine().save_to("web:1", None, &path).await.unwrap(), 7);
    assert_eq!(fs::read(&path).unwrap(), b"one two");
    let error = breaking().engine().save_to("web:1", None, &path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Broken);
    assert!(!path.exists());
    let fake = saving();
    let error = fake.engine().save_to("web:1", None, "/nonexistent/web.tar").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot save `web:1` from the engine at unix:///SOCKET
      caused by: cannot write /nonexistent/web.tar
      caused by: No such file or directory (os error 2)
    ");
}

#[tokio::test]
async fn a_file_is_loaded_without_changes() {
    let fake = Fake::start(|mut call: Call| async move {
        call.read_until("one two\r\n0\r\n\r\n").await;
        call.answer("200 OK", "{\"stream\":\"Loaded image: web:1\\n\"}\r\n").await;
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.tar");
    fs::write(&path, "one two").unwrap();
    assert_eq!(fake.engine().load_from(&path).await.unwrap().references, ["web:1"]);
    let error = fake.engine().load_from("/nonexistent/web.tar").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot load an archive into the engine at unix:///SOCKET
      caused by: cannot read /nonexistent/web.tar
      caused by: No such file or directory (os error 2)
    ");
}

#[tokio::test]
async fn dropping_the_sender_of_a_body_interrupts_the_load() {
    let fake = Fake::start(|call: Call| async move {
        let _ = call.read_to_end().await;
    });
    let (sender, body) = archive_body(1);
    let sending = async move {
        sender.send(Bytes::from_static(b"half")).await.unwrap();
    };
    let engine = fake.engine();
    let (loaded, ()) = tokio::join!(engine.load(body), sending);
    let error = loaded.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upload);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot load an archive into the engine at unix:///SOCKET
      caused by: the upload was interrupted
      caused by: the archive was not sent completely
    ");
}
