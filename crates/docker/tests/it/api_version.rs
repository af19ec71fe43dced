//! The version of the API that is used.

use sealift_docker::{Endpoint, Engine, ErrorKind, Timeouts};

use crate::fake::Fake;
use crate::settings;

const VERSION: &str = r#"{"Version": "1", "ApiVersion": "1.41"}"#;

/// Creates an engine at the fake's socket, with the version of the API that the settings contain.
fn engine(fake: &Fake, version: &str) -> Engine {
    let host = fake.engine().endpoint().to_string();
    let settings = settings(&[("DOCKER_HOST", &host), ("DOCKER_API_VERSION", version)]);
    Engine::new(Endpoint::resolve(&settings).unwrap(), Timeouts::default())
}

#[tokio::test]
async fn the_version_that_is_set_is_used() {
    let fake = Fake::start_with(u32::MAX, "1.48", |call| call.answer("200 OK", VERSION));
    for (set, asked) in [("1.41", "GET /v1.41/version"), ("", "GET /v1.48/version")] {
        engine(&fake, set).version().await.unwrap();
        assert_eq!(fake.asked().last().unwrap(), asked);
    }
}

#[tokio::test]
async fn an_unsupported_version_is_an_error_that_names_the_setting() {
    let fake = Fake::start(|call| call.answer("200 OK", VERSION));
    let error = engine(&fake, "1.44").version().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleApi);
    insta::assert_snapshot!(error.failure(), @"DOCKER_API_VERSION is `1.44`, but the engine's newest API is 1.41");
    assert_eq!(fake.asked(), [""; 0]);
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_an_error() {
    let fake = Fake::start_with(u32::MAX, "1.39", |call| call.answer("200 OK", VERSION));
    let error = fake.engine().version().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleApi);
    insta::assert_snapshot!(error.failure(), @"the engine is too old: its newest API version is 1.39, but 1.41 is required");
}

#[tokio::test]
async fn an_engine_that_is_too_new_is_an_error() {
    let refusal = r#"{"message": "client version 1.53 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version"}"#;
    let fake =
        Fake::start_with(u32::MAX, "1.70", move |call| call.answer("400 Bad Request", refusal));
    let error = fake.engine().version().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleApi);
    insta::assert_snapshot!(error.failure(), @"the engine is too new for this program, whose newest API is 1.53: client version 1.53 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version");
}

#[test]
fn invalid_and_unsupported_versions_are_refused() {
    let refusals = ["latest", "1", "1.x", "1.+41", "1.24", "1.99"].map(|version| {
        let settings = settings(&[("DOCKER_API_VERSION", version)]);
        Endpoint::resolve(&settings).unwrap_err().to_string()
    });
    insta::assert_snapshot!(refusals.join("\n"), @"
    DOCKER_API_VERSION is `latest`, but an API version must look like `1.41`
    DOCKER_API_VERSION is `1`, but an API version must look like `1.41`
    DOCKER_API_VERSION is `1.x`, but an API version must look like `1.41`
    DOCKER_API_VERSION is `1.+41`, but an API version must look like `1.41`
    DOCKER_API_VERSION is `1.24`, but only the versions from 1.41 to 1.53 are supported
    DOCKER_API_VERSION is `1.99`, but only the versions from 1.41 to 1.53 are supported
    ");
}
