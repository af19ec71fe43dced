//! Ordinary calls, against the fake engine and without an engine.

use std::time::Duration;

use sealift_docker::{Endpoint, Engine, ErrorKind, IdKind, Settings, Timeouts};

use crate::chain;
use crate::fake::{Call, Fake};

fn engine_at(host: &str) -> Engine {
    let settings = Settings::default().with_host(Some(host.to_owned()), "--host");
    Engine::new(Endpoint::resolve(&settings).unwrap(), Timeouts::default())
}

#[tokio::test]
async fn an_unreachable_engine_is_an_error_with_address_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let missing = engine_at(&format!("unix://{place}/missing.sock"));
    let error = missing.inspect("web:1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    insta::assert_snapshot!(chain(&error).replace(place, "/FOLDER"), @"
    cannot inspect `web:1` in the engine at unix:///FOLDER/missing.sock
      caused by: no engine answers at unix:///FOLDER/missing.sock (from --host)
      caused by: No such file or directory (os error 2)
    ");

    // A socket file that an engine left behind.
    drop(std::os::unix::net::UnixListener::bind(folder.path().join("left.sock")).unwrap());
    let error = engine_at(&format!("unix://{place}/left.sock")).ping().await.unwrap_err();
    insta::assert_snapshot!(chain(&error).replace(place, "/FOLDER"), @"
    cannot reach the engine at unix:///FOLDER/left.sock
      caused by: no engine answers at unix:///FOLDER/left.sock (from --host)
      caused by: Connection refused (os error 111)
    ");

    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // Calls through bollard must report the same error.
    for error in [
        engine_at(&format!("tcp://127.0.0.1:{port}")).list().await.unwrap_err(),
        engine_at(&format!("tcp://127.0.0.1:{port}")).version().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unreachable);
    }
}

#[tokio::test]
async fn an_ordinary_call_has_one_time_limit() {
    let fake = Fake::start(Call::stall);
    let engine = fake.engine_with(|timeouts| timeouts.call = Duration::from_millis(50));
    // The version of the API is requested first, with a limit that is not reached.
    fake.engine().ping().await.unwrap();
    for error in [
        engine.inspect("web:1").await.unwrap_err(),
        engine.list().await.unwrap_err(),
        engine.tag("web:1", "web", "2").await.unwrap_err(),
        engine.remove("web:1").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Idle, "{error}");
    }
}

#[tokio::test]
async fn a_missing_image_is_none_or_false_or_an_error() {
    let fake =
        Fake::start(|call| call.answer("404 Not Found", "{\"message\":\"No such image: a\"}"));
    let engine = fake.engine();
    assert_eq!(engine.inspect("web:1").await.unwrap(), None);
    assert!(!engine.remove("web:1").await.unwrap());
    let error = engine.tag("web:1", "localhost:5000/web", "2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.image(), Some("web:1"));
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot tag `web:1` as `localhost:5000/web:2` in the engine at unix:///SOCKET
      caused by: the engine reported: No such image: a
    ");
    assert_eq!(
        fake.asked(),
        [
            "GET /v1.41/images/web:1/json",
            "DELETE /v1.41/images/web:1",
            "POST /v1.41/images/web:1/tag?repo=localhost%3A5000%2Fweb&tag=2",
        ]
    );
}

#[tokio::test]
async fn an_image_in_use_is_not_removed() {
    let fake = Fake::start(|call| call.answer("409 Conflict", "{\"message\":\"image is in use\"}"));
    let error = fake.engine().remove("web:1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.failure().engine_message(), Some("image is in use"));
    assert_eq!(fake.asked(), ["DELETE /v1.41/images/web:1"]);
}

#[tokio::test]
async fn manifests_are_requested_in_a_supported_version_of_the_api() {
    let image = "{\"Id\":\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"Descriptor\":{\"digest\":\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}";
    for (speaks, asked) in [
        ("1.41", "GET /v1.41/images/web:1/json"),
        ("1.48", "GET /v1.48/images/web:1/json?manifests=1"),
        ("1.99", "GET /v1.53/images/web:1/json?manifests=1"),
        ("", "GET /images/web:1/json"),
    ] {
        let fake = Fake::start_with(u32::MAX, speaks, move |call| call.answer("200 OK", image));
        let engine = fake.engine();
        let found = engine.inspect("web:1").await.unwrap().unwrap();
        assert_eq!(found.id_kind, IdKind::Descriptor);
        assert_eq!(fake.asked(), [asked]);
    }
}

#[tokio::test]
async fn an_engine_without_descriptors_is_asked_once_for_its_store() {
    for (status, kind) in [
        ("[[\"driver-type\",\"io.containerd.snapshotter.v1\"]]", IdKind::Descriptor),
        ("[[\"Backing Filesystem\",\"extfs\"]]", IdKind::Config),
    ] {
        let info = format!("{{\"DriverStatus\":{status}}}");
        let fake = Fake::start_with(u32::MAX, "1.45", move |call| {
            let info = info.clone();
            async move {
                let is_info = call.path().ends_with("/info");
                call.answer("200 OK", if is_info { &info } else { "{\"Id\":\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}" }).await;
            }
        });
        let engine = fake.engine();
        for _ in 0..2 {
            assert_eq!(engine.inspect("web:1").await.unwrap().unwrap().id_kind, kind);
        }
        let inspect = "GET /v1.45/images/web:1/json";
        assert_eq!(fake.asked(), [inspect, "GET /v1.45/info", inspect]);
    }
}

#[tokio::test]
async fn a_containerd_store_is_recognised_in_an_older_version_of_the_api() {
    let info = "{\"DriverStatus\":[[\"driver-type\",\"io.containerd.snapshotter.v1\"]]}";
    let fake = Fake::start_with(u32::MAX, "1.51", move |call| async move {
        let is_info = call.path().ends_with("/info");
        call.answer("200 OK", if is_info { info } else { "{\"Id\":\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}" }).await;
    });
    let settings =
        crate::settings(&[("DOCKER_HOST", &fake.host()), ("DOCKER_API_VERSION", "1.41")]);
    let engine = Engine::new(Endpoint::resolve(&settings).unwrap(), Timeouts::default());
    let image = engine.inspect("web:1").await.unwrap().unwrap();
    assert_eq!(image.id_kind, IdKind::Descriptor);
    assert_eq!(fake.asked(), ["GET /v1.41/images/web:1/json", "GET /v1.41/info"]);
}

#[tokio::test]
async fn an_error_with_a_success_status_contains_the_engines_message() {
    for answer in [
        "{\"message\":\"no such driver\"}",
        "{\"cause\":\"EOF\",\"message\":\"no such driver\",\"response\":500}",
        "{\"error\":\"no such driver\"}",
    ] {
        let fake = Fake::start(move |call| call.answer("200 OK", answer));
        let error = fake.engine().inspect("web:1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.failure().engine_message(), Some("no such driver"));
    }
}

#[tokio::test]
async fn an_engine_that_does_not_report_its_store_counts_as_classic() {
    let fake = Fake::start_with(u32::MAX, "1.45", |call| async move {
        if call.path().ends_with("/info") {
            call.answer("403 Forbidden", "no").await;
        } else {
            call.answer("200 OK", "{\"Id\":\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}").await;
        }
    });
    assert_eq!(fake.engine().inspect("web:1").await.unwrap().unwrap().id_kind, IdKind::Config);
}

#[tokio::test]
async fn invalid_references_are_refused_without_a_request() {
    let fake = Fake::start(|call| call.answer("200 OK", "[]"));
    let engine = fake.engine();
    for bad in ["", "../containers/x", "web?force=1", "web 1"] {
        assert_eq!(engine.inspect(bad).await.unwrap_err().kind(), ErrorKind::Input);
        assert_eq!(engine.remove(bad).await.unwrap_err().kind(), ErrorKind::Input);
        assert_eq!(engine.tag(bad, "web", "1").await.unwrap_err().kind(), ErrorKind::Input);
        assert_eq!(engine.save(bad, None).await.unwrap_err().kind(), ErrorKind::Input);
    }
    assert_eq!(fake.asked(), [""; 0]);
}

#[tokio::test]
async fn an_answer_of_another_server_is_an_error() {
    let fake = Fake::start(|call| call.answer("200 OK", "<html>It works!</html>"));
    for error in
        [fake.engine().inspect("web:1").await.unwrap_err(), fake.engine().list().await.unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::Unintelligible, "{}", fake.chain(&error));
    }
}
