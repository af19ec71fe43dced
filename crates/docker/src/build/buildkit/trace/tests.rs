//! Builds as BuildKit reports them.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex, VertexLog, VertexStatus};
use prost::Message as _;
use serde_json::Value;

use super::Trace;
use crate::build::buildkit::step::HELD;
use crate::build::event::{BuildEvent, StepEnd};
use crate::build::log::BuildLog as _;

fn vertex(digest: &str, name: &str) -> Vertex {
    Vertex {
        digest: digest.to_owned(),
        name: name.to_owned(),
        started: Some(Timestamp { seconds: 10, nanos: 0 }),
        ..Vertex::default()
    }
}

fn ended(digest: &str, name: &str, error: &str) -> Vertex {
    let completed = Some(Timestamp { seconds: 11, nanos: 500_000_000 });
    Vertex { completed, error: error.to_owned(), ..vertex(digest, name) }
}

fn log(digest: &str, text: &str) -> VertexLog {
    let timestamp = Some(Timestamp { seconds: 10, nanos: 250_000_000 });
    VertexLog { vertex: digest.to_owned(), timestamp, msg: text.into(), ..VertexLog::default() }
}

fn line(status: &StatusResponse) -> Value {
    let aux = STANDARD.encode(status.encode_to_vec());
    serde_json::json!({ "id": "moby.buildkit.trace", "aux": aux })
}

#[test]
fn parallel_steps_are_distinguished_and_the_failed_one_is_found() {
    let mut trace = Trace::default();
    let mut events = Vec::new();
    let (a, b) = ("[a 1/2] RUN one", "[b 2/2] RUN two");
    for status in [
        StatusResponse {
            vertexes: vec![vertex("a", a), vertex("b", b)],
            logs: vec![log("a", "on"), log("b", "two\n"), log("a", "e\n")],
            ..StatusResponse::default()
        },
        StatusResponse {
            vertexes: vec![ended("a", a, "context canceled"), ended("b", b, "exit code: 3")],
            logs: vec![log("b", "last")],
            ..StatusResponse::default()
        },
    ] {
        trace.note(&line(&status), &mut |event| events.push(event)).unwrap();
    }
    trace.flush(&mut |event| events.push(event));
    insta::assert_debug_snapshot!(events, @r#"
    [
        Started {
            step: 1,
            name: "[a 1/2] RUN one",
        },
        Started {
            step: 2,
            name: "[b 2/2] RUN two",
        },
        Output {
            step: 2,
            after: Some(
                250ms,
            ),
            line: "two",
        },
        Output {
            step: 1,
            after: Some(
                250ms,
            ),
            line: "one",
        },
        Output {
            step: 2,
            after: None,
            line: "last",
        },
        Ended {
            step: 1,
            end: Failed(
                "context canceled",
            ),
        },
        Ended {
            step: 2,
            end: Failed(
                "exit code: 3",
            ),
        },
    ]
    "#);
    let failed = trace.failed("process did not complete: exit code: 3".to_owned(), None);
    assert_eq!((failed.number, failed.total, failed.text.as_str()), (2, 2, "RUN two"));
    assert_eq!(
        (failed.exit_code, failed.output),
        (Some(3), vec!["two".to_owned(), "last".to_owned()])
    );
}

fn status(digest: &str, what: &str, current: i64, is_done: bool) -> VertexStatus {
    let time = Some(Timestamp { seconds: 10, nanos: 0 });
    VertexStatus {
        id: what.to_owned(),
        vertex: digest.to_owned(),
        current,
        started: time,
        completed: time.filter(|_| is_done),
        ..VertexStatus::default()
    }
}

/// Reproduces how BuildKit 0.23 reports a context.
#[test]
fn a_step_that_continues_after_its_end_is_reported_as_ended_once() {
    let name = "[internal] load build context";
    let mut trace = Trace::default();
    let mut events = Vec::new();
    let mut note = |trace: &mut Trace, vertexes, statuses| {
        let status = StatusResponse { vertexes, statuses, ..StatusResponse::default() };
        trace.note(&line(&status), &mut |event| events.push(event)).unwrap();
    };
    note(&mut trace, vec![ended("a", name, "")], vec![]);
    note(&mut trace, vec![vertex("a", name)], vec![]);
    note(&mut trace, vec![], vec![status("a", "transferring context:", 30, false)]);
    note(&mut trace, vec![], vec![status("a", "transferring context:", 90, true)]);
    note(&mut trace, vec![ended("a", name, "")], vec![]);
    let what = || "transferring context:".to_owned();
    let mut expected = vec![
        BuildEvent::Started { step: 1, name: name.to_owned() },
        BuildEvent::Doing { step: 1, what: what(), bytes: 30, total: None },
        BuildEvent::Part { step: 1, what: what(), bytes: 90 },
    ];
    assert_eq!(events, expected);
    // The end is reported after a while, without any further message.
    trace.tick(Instant::now() + HELD, &mut |event| events.push(event));
    let end = StepEnd::Done(Duration::from_millis(1500));
    expected.push(BuildEvent::Ended { step: 1, end });
    assert_eq!(events, expected);
    trace.flush(&mut |event| events.push(event));
    assert_eq!(events, expected);
}

#[test]
fn the_config_is_known_if_one_was_exported() {
    let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let config_of = |exported: &[&str]| {
        let mut trace = Trace::default();
        let statuses = exported
            .iter()
            .map(|digit| status("a", &format!("exporting config {}", digest(digit)), 0, true))
            .collect();
        let vertexes = vec![vertex("a", "exporting to image")];
        let status = StatusResponse { vertexes, statuses, ..StatusResponse::default() };
        trace.note(&line(&status), &mut |_| {}).unwrap();
        trace.into_outcome().config
    };
    assert_eq!(config_of(&["1", "1"]), digest("1").parse().ok());
    assert_eq!(config_of(&["1", "2"]), None);
    assert_eq!(config_of(&[]), None);
    assert_eq!(config_of(&["x"]), None);
}

#[test]
fn the_last_id_is_that_of_the_image() {
    let mut trace = Trace::default();
    let lines = [
        serde_json::json!({"id": "moby.image.id", "aux": {"ID": "sha256:1a"}}),
        serde_json::json!({"stream": "x"}),
    ];
    for line in lines {
        trace.note(&line, &mut |_| {}).unwrap();
    }
    assert_eq!(trace.into_outcome().id.as_deref(), Some("sha256:1a"));
    let broken = serde_json::json!({"id": "moby.buildkit.trace", "aux": "no base64"});
    let error = Trace::default().note(&broken, &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), crate::error_kind::ErrorKind::Unintelligible);
}
