//! The version of the API that is spoken.

use sealift_docker::{Endpoint, Engine, ErrorKind, Timeouts};

use crate::fake::Fake;
use crate::settings;

const VERSION: &str = r#"{"Version": "1", "ApiVersion": "1.41"}"#;

/// Makes an engine of the fake's socket, as the settings have it.
fn engine(fake: &Fake, version: &str) -> Engine {
    let host = fake.engine().endpoint().to_string();
    let settings = settings(&[("DOCKER_HOST", &host), ("DOCKER_API_VERSION", version)]);
    Engine::new(Endpoint::resolve(&settings).unwrap(), Timeouts::default())
}

#[tokio::test]
async fn the_version_that_is_set_is_spoken() {
    let fake = Fake::start_with(u32::MAX, "1.48", |call| call.answer("200 OK", VERSION));
    for (set, asked) in [("1.41", "GET /v1.41/version"), ("", "GET /v1.48/version")] {
        engine(&fake, set).version().await.unwrap();
        assert_eq!(fake.asked().last().unwrap(), asked);
    }
}

#[tokio::test]
async fn a_version_that_the_engine_does_not_speak_is_said_with_who_set_it() {
    let fake = Fake::start(|call| call.answer("200 OK", VERSION));
    let error = engine(&fake, "1.44").version().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleApi);
    insta::assert_snapshot!(error.failure(), @"DOCKER_API_VERSION is `1.44`, but the engine's newest API is 1.41");
    assert_eq!(fake.asked(), [""; 0]);
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_said_so() {
    let fake = Fake::start_with(u32::MAX, "1.39", |call| call.answer("200 OK", VERSION));
    let error = fake.engine().version().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleApi);
    insta::assert_snapshot!(error.failure(), @"the engine is too old: its newest API is 1.39, and 1.41 is needed");
}

#[tokio::test]
async fn an_engine_that_is_too_new_is_said_so() {
    let refusal = r#"{"message": "client version 1.53 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version"}"#;
    let fake =
        Fake::start_with(u32::MAX, "1.70", move |call| call.answer("400 Bad Request", refusal));
    let error = fake.engine().version().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleApi);
    insta::assert_snapshot!(error.failure(), @"the engine is too new for this program, whose newest API is 1.53: client version 1.53 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version");
}

#[test]
fn what_is_no_version_or_none_that_is_spoken_is_refused() {
    let refusals = ["latest", "1", "1.x", "1.+41", "1.24", "1.99"].map(|version| {
        let settings = settings(&[("DOCKER_API_VERSION", version)]);
        Endpoint::resolve(&settings).unwrap_err().to_string()
    });
    insta::assert_snapshot!(refusals.join("\n"), @"
    DOCKER_API_VERSION is `latest`, but an API version looks like `1.41`
    DOCKER_API_VERSION is `1`, but an API version looks like `1.41`
    DOCKER_API_VERSION is `1.x`, but an API version looks like `1.41`
    DOCKER_API_VERSION is `1.+41`, but an API version looks like `1.41`
    DOCKER_API_VERSION is `1.24`, but only the versions from 1.41 to 1.53 are supported
    DOCKER_API_VERSION is `1.99`, but only the versions from 1.41 to 1.53 are supported
    ");
}
