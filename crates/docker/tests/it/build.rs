//! The events of a build, against the fake engine, with outputs that real engines wrote and with
//! invalid ones.

use std::fs;

use sealift_docker::{BuildEvent, BuildRequest, Built, Error, ErrorKind, Failure};

use crate::fake::{Call, Fake};

async fn build(answer: &'static str) -> (Fake, Result<Built, Error>, Vec<BuildEvent>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let fake = Fake::start(move |mut call: Call| async move {
        if call.path().starts_with("GET") {
            // An inspect. Every id that the test uses is a short form of this one.
            return call.answer("200 OK", "{\"Id\":\"sha256:8f1656f2bbc7aa00000000000000000000000000000000000000000000000000\"}").await;
        }
        call.read_chunks().await;
        call.answer("200 OK", answer).await;
    });
    let mut events = Vec::new();
    let request = BuildRequest::new(folder.path(), "web:1");
    let built = fake.engine().build(request, &mut |event| events.push(event)).await;
    // Another test verifies how much of the context is sent.
    events.retain(|event| !matches!(event, BuildEvent::Sending { .. } | BuildEvent::Sent { .. }));
    (fake, built, events)
}

#[tokio::test]
async fn the_output_of_docker_becomes_events_and_the_full_id() {
    let (fake, built, events) = build(concat!(
        "{\"stream\":\"Step 1/2 : FROM scratch\"}\r\n{\"stream\":\"\\n\"}\r\n",
        "{\"stream\":\" ---\\u003e \\n\"}\r\n",
        "{\"status\":\"Downloading\",\"progressDetail\":{},\"id\":\"a1\"}\r\n",
        "{\"stream\":\"Step 2/2 : RUN echo hi\"}\r\n{\"stream\":\"\\n\"}\r\n",
        "{\"stream\":\"hi\\n\"}\r\n{\"stream\":\"\\u001b[91merr\\n\\u001b[0m\"}\r\n",
        "{\"stream\":\"[Warning] One or more build-args [X] were not consumed\\n\"}\r\n",
        "{\"stream\":\"Successfully built 8f1656f2bbc7\\n\"}\r\n",
    ))
    .await;
    assert_eq!(
        built.unwrap().id.to_string(),
        "sha256:8f1656f2bbc7aa00000000000000000000000000000000000000000000000000"
    );
    assert_eq!(fake.asked()[1], "GET /v1.41/images/8f1656f2bbc7/json");
    insta::assert_debug_snapshot!(events, @r#"
    [
        Step {
            number: 1,
            total: 2,
            text: "FROM scratch",
        },
        Log(
            " --->",
        ),
        Pull {
            id: "a1",
            status: "Downloading",
        },
        Step {
            number: 2,
            total: 2,
            text: "RUN echo hi",
        },
        Log(
            "hi",
        ),
        Log(
            "err",
        ),
        Warning(
            "One or more build-args [X] were not consumed",
        ),
        Log(
            "Successfully built 8f1656f2bbc7",
        ),
    ]
    "#);
}

#[tokio::test]
async fn a_failed_step_has_its_number_exit_code_and_last_lines() {
    // The message of Docker 20.10.
    let (fake, built, _) = build(concat!(
        "{\"stream\":\"Step 3/3 : RUN echo one; exit 7\"}\r\n{\"stream\":\"\\n\"}\r\n",
        "{\"stream\":\" ---\\u003e Running in 460d497dab8e\\n\"}\r\n",
        "{\"stream\":\"\\u001b[91mtwo\\n\\u001b[0m\"}\r\n{\"stream\":\"one\\n\"}\r\n",
        "{\"stream\":\"Removing intermediate container 460d497dab8e\\n\"}\r\n",
        "{\"errorDetail\":{\"code\":7,\"message\":\"The command '/bin/sh -c echo one; exit 7' returned a ",
        "non-zero code: 7\"},\"error\":\"The command returned a non-zero code: 7\"}\r\n",
    ))
    .await;
    let error = built.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let Failure::Step(step) = error.failure() else { panic!("no step failed") };
    assert_eq!(step.output, ["two", "one"]);
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: step 3/3 `RUN echo one; exit 7` failed with exit code 7; the engine reported: The command '/bin/sh -c echo one; exit 7' returned a non-zero code: 7
    ");
}

#[tokio::test]
async fn the_exit_code_is_read_from_podmans_message() {
    let (_, built, _) = build(concat!(
        "{\"stream\":\"STEP 3/3: RUN exit 7\\n\"}\n",
        "{\"errorDetail\":{\"message\":\"building at STEP \\\"RUN exit 7\\\": while running runtime: exit ",
        "status 7\\n\"},\"error\":\"building at STEP\\n\"}\n",
    ))
    .await;
    let Failure::Step(step) = built.unwrap_err().into_failure() else { panic!("no step failed") };
    assert_eq!((step.number, step.total, step.exit_code), (3, 3, Some(7)));
    assert_eq!(step.text, "RUN exit 7");
}

#[tokio::test]
async fn an_output_without_an_id_is_an_error() {
    let (fake, built, _) = build("{\"stream\":\"Step 1/1 : FROM scratch\\n\"}\r\n").await;
    insta::assert_snapshot!(fake.chain(&built.unwrap_err()), @"
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: the engine's answer cannot be understood: it contains no image id
    ");
}

/// The fake recommends BuildKit, as engines do since Docker 23.
#[tokio::test]
async fn the_classic_builder_is_the_default() {
    let (fake, built, events) = build(
        "{\"stream\":\"Step 1/1 : FROM scratch\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:8f16\"}}\r\n",
    )
    .await;
    built.unwrap();
    assert!(matches!(events[..], [BuildEvent::Step { .. }]), "{events:?}");
    let asked = fake.asked();
    assert!(
        asked[0].starts_with("POST /v1.41/build?") && asked[0].contains("version=1"),
        "{asked:?}"
    );
}

/// The result must not depend on a feature.
#[cfg(not(feature = "buildkit"))]
#[tokio::test]
async fn a_build_that_needs_the_feature_buildkit_is_refused_without_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let fake = Fake::start(|call: Call| call.answer("200 OK", ""));
    for builder in [sealift_docker::Builder::Auto, sealift_docker::Builder::BuildKit] {
        let mut request = BuildRequest::new(folder.path(), "web:1");
        request.builder = builder;
        let error = fake.engine().build(request, &mut |_| {}).await.unwrap_err();
        assert!(matches!(error.failure(), Failure::Builder { .. }), "{}", fake.chain(&error));
    }
    assert!(fake.asked().is_empty());
}
