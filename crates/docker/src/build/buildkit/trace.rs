//! What BuildKit tells of a build: its steps, which run at the same time, and what they write.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex, VertexLog, VertexStatus};
use prost::Message as _;
use sealift_oci::Digest;
use serde_json::Value;

use crate::build::event::{BuildEvent, StepEnd};
use crate::build::log::{BuildLog, LastLines, Lines, OnEvent, Outcome};
use crate::build::step_failure::StepFailure;
use crate::failure::Failure;

/// How long the end of a step is held back.
///
/// BuildKit ends a step and begins it anew within milliseconds: once it has found out what the step depends on, and
/// once more for each layer that it pulls.
const HELD: Duration = Duration::from_millis(150);

/// How BuildKit names the part of an export in which the image's config is written, into a containerd store.
const EXPORTING_CONFIG: &str = "exporting config ";

/// What is known of a build while it runs.
#[derive(Default)]
pub(super) struct Trace {
    id: Option<String>,
    /// The digests of the configs that were exported.
    configs: Vec<Digest>,
    steps: Vec<Step>,
    /// The steps' places by the digests that BuildKit has for them.
    by_digest: HashMap<String, usize>,
}

struct Step {
    name: String,
    started: Option<Timestamp>,
    state: StepState,
    error: Option<String>,
    last_lines: LastLines,
    lines: Lines,
}

/// How far a step is.
enum StepState {
    Running,
    /// It has ended, as far as is known, and that isn't reported yet.
    Ending {
        end: StepEnd,
        since: Instant,
    },
    Ended,
}

impl BuildLog for Trace {
    fn note(&mut self, line: &Value, on_event: &mut OnEvent<'_>) -> Result<(), Failure> {
        match line["id"].as_str() {
            Some("moby.buildkit.trace") => {
                let text = line["aux"].as_str().unwrap_or_default();
                let bad = |error: crate::failure::BoxError| {
                    Failure::unintelligible("a part of what BuildKit tells", Some(error))
                };
                let bytes = STANDARD.decode(text).map_err(|error| bad(error.into()))?;
                let status =
                    StatusResponse::decode(&bytes[..]).map_err(|error| bad(error.into()))?;
                self.take(status, on_event);
            }
            _ => {
                if let Some(id) = line["aux"]["ID"].as_str() {
                    self.id = Some(id.to_owned());
                }
            }
        }
        Ok(())
    }

    fn into_outcome(self) -> Outcome {
        // Several are those of several platforms.
        let mut configs = self.configs.into_iter();
        let config = configs.next().filter(|_| configs.next().is_none());
        Outcome { id: self.id, config }
    }

    fn tick(&mut self, now: Instant, on_event: &mut OnEvent<'_>) {
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.report_end(index, |since| now.saturating_duration_since(since) >= HELD, on_event);
        }
    }

    fn flush(&mut self, on_event: &mut OnEvent<'_>) {
        for (index, step) in self.steps.iter_mut().enumerate() {
            let unfinished = step.lines.take();
            step.say(index, &unfinished, None, on_event);
            step.report_end(index, |_| true, on_event);
        }
    }

    fn failed(self, message: String, code: Option<i64>) -> StepFailure {
        // Steps that ran beside it were broken off, and say so.
        let is_cause = |step: &Step| {
            step.error.as_ref().is_some_and(|error| !error.contains("context canceled"))
        };
        let step = self.steps.into_iter().find(is_cause);
        let (number, total, text) =
            step.as_ref().map(|step| read_name(&step.name)).unwrap_or_default();
        let exit_code = code.or_else(|| exit_code_in(&message));
        let output = step.map(|step| step.last_lines.into_vec()).unwrap_or_default();
        StepFailure { number, total, text, exit_code, message, output }
    }
}

impl Trace {
    fn take(&mut self, status: StatusResponse, on_event: &mut OnEvent<'_>) {
        // A step's last words may come together with its end.
        let (ended, running): (Vec<Vertex>, Vec<Vertex>) =
            status.vertexes.into_iter().partition(|vertex| vertex.completed.is_some());
        for vertex in running.iter().chain(&ended) {
            self.begin(vertex, on_event);
        }
        for status in &status.statuses {
            self.progress(status, on_event);
        }
        for log in &status.logs {
            self.log(log, on_event);
        }
        for warning in &status.warnings {
            on_event(BuildEvent::Warning(String::from_utf8_lossy(&warning.short).into_owned()));
        }
        for vertex in ended {
            self.end(vertex, on_event);
        }
        self.tick(Instant::now(), on_event);
    }

    fn begin(&mut self, vertex: &Vertex, on_event: &mut OnEvent<'_>) {
        if vertex.started.is_none() && vertex.completed.is_none() {
            return;
        }
        if let Some(&index) = self.by_digest.get(&vertex.digest) {
            if vertex.completed.is_none() {
                // It goes on.
                self.steps[index].state = StepState::Running;
            }
            return;
        }
        self.by_digest.insert(vertex.digest.clone(), self.steps.len());
        self.steps.push(Step {
            name: vertex.name.clone(),
            started: vertex.started,
            state: StepState::Running,
            error: None,
            last_lines: LastLines::default(),
            lines: Lines::default(),
        });
        on_event(BuildEvent::Started { step: self.steps.len(), name: vertex.name.clone() });
    }

    fn progress(&mut self, status: &VertexStatus, on_event: &mut OnEvent<'_>) {
        let Some(&index) = self.by_digest.get(&status.vertex) else { return };
        let (step, what) = (index + 1, status.id.clone());
        let bytes = u64::try_from(status.current).unwrap_or(0);
        if status.completed.is_none() {
            let total = u64::try_from(status.total).ok().filter(|total| *total > 0);
            on_event(BuildEvent::Doing { step, what, bytes, total });
            return;
        }
        if let Some(config) = what.strip_prefix(EXPORTING_CONFIG)
            && let Ok(config) = config.parse()
            && !self.configs.contains(&config)
        {
            self.configs.push(config);
        }
        on_event(BuildEvent::Part { step, what, bytes });
    }

    fn log(&mut self, log: &VertexLog, on_event: &mut OnEvent<'_>) {
        let Some(&index) = self.by_digest.get(&log.vertex) else { return };
        let step = &mut self.steps[index];
        let after = since(step.started, log.timestamp);
        for line in step.lines.push(&String::from_utf8_lossy(&log.msg)) {
            step.say(index, &line, after, on_event);
        }
    }

    fn end(&mut self, vertex: Vertex, on_event: &mut OnEvent<'_>) {
        let Some(&index) = self.by_digest.get(&vertex.digest) else { return };
        let step = &mut self.steps[index];
        let unfinished = step.lines.take();
        step.say(index, &unfinished, None, on_event);
        if matches!(step.state, StepState::Ended) {
            return;
        }
        let took = since(vertex.started.or(step.started), vertex.completed).unwrap_or_default();
        let end = if !vertex.error.is_empty() {
            step.error = Some(vertex.error.clone());
            StepEnd::Failed(vertex.error)
        } else if vertex.cached {
            StepEnd::Cached
        } else {
            StepEnd::Done(took)
        };
        step.state = StepState::Ending { end, since: Instant::now() };
    }
}

impl Step {
    /// Reports that the step has ended, if that was held back for long enough.
    fn report_end(
        &mut self,
        index: usize,
        is_enough: impl Fn(Instant) -> bool,
        on_event: &mut OnEvent<'_>,
    ) {
        match std::mem::replace(&mut self.state, StepState::Ended) {
            StepState::Ending { end, since } if is_enough(since) => {
                on_event(BuildEvent::Ended { step: index + 1, end });
            }
            state => self.state = state,
        }
    }

    fn say(
        &mut self,
        index: usize,
        line: &str,
        after: Option<Duration>,
        on_event: &mut OnEvent<'_>,
    ) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        self.last_lines.push(line);
        on_event(BuildEvent::Output { step: index + 1, after, line: line.to_owned() });
    }
}

fn since(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<Duration> {
    let nanos = |time: Timestamp| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    let nanos = nanos(end?) - nanos(start?);
    Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
}

/// Reads a step's name: `[2/3] RUN make`, `[build 2/3] RUN make`, `[internal] load .dockerignore`.
fn read_name(name: &str) -> (u32, u32, String) {
    let whole = || (0, 0, name.to_owned());
    let Some((place, text)) = name.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
        return whole();
    };
    let count = place.rsplit(' ').next().and_then(|count| count.split_once('/'));
    match count.map(|(number, total)| (number.parse(), total.parse())) {
        Some((Ok(number), Ok(total))) => (number, total, text.to_owned()),
        _ => whole(),
    }
}

/// Finds the exit code in `process "…" did not complete successfully: exit code: 3`.
fn exit_code_in(message: &str) -> Option<i64> {
    let (_, rest) = message.rsplit_once("exit code: ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn steps_side_by_side_are_told_apart_and_the_one_that_failed_is_found() {
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

    /// As BuildKit 0.23 tells of a context.
    #[test]
    fn a_step_that_goes_on_after_its_end_ends_once_and_last() {
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
    fn the_last_id_is_the_images() {
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

    #[test]
    fn names_of_steps_are_read_as_buildkit_writes_them() {
        assert_eq!(read_name("[2/3] RUN make"), (2, 3, "RUN make".to_owned()));
        assert_eq!(read_name("[the build 2/3] RUN a"), (2, 3, "RUN a".to_owned()));
        for name in ["[internal] load metadata for web:1", "exporting to image", "[1/x] a", "[2/3]"]
        {
            assert_eq!(read_name(name), (0, 0, name.to_owned()));
        }
    }
}
