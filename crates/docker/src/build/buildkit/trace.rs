//! BuildKit's reports on a build: its steps, which run at the same time, and their output.

use std::collections::HashMap;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex, VertexLog, VertexStatus};
use prost::Message as _;
use sealift_oci::Digest;
use serde_json::Value;

use crate::build::buildkit::step::{HELD, Step};
use crate::build::event::BuildEvent;
use crate::build::log::{BuildLog, OnEvent, Outcome};
use crate::build::step_failure::StepFailure;
use crate::failure::Failure;

/// The beginning of BuildKit's name for the part of an export that writes the image's config into a
/// containerd store.
const EXPORTING_CONFIG: &str = "exporting config ";

/// The state of a build while it runs.
#[derive(Default)]
pub(super) struct Trace {
    id: Option<String>,
    /// The digests of the configs that were exported.
    configs: Vec<Digest>,
    steps: Vec<Step>,
    /// Indexes into `steps`, by BuildKit's digest of the step.
    by_digest: HashMap<String, usize>,
}

impl BuildLog for Trace {
    fn note(&mut self, line: &Value, on_event: &mut OnEvent<'_>) -> Result<(), Failure> {
        match line["id"].as_str() {
            Some("moby.buildkit.trace") => {
                let text = line["aux"].as_str().unwrap_or_default();
                let bad = |error: crate::failure::BoxError| {
                    Failure::unintelligible(
                        "a progress message of BuildKit cannot be decoded",
                        Some(error),
                    )
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
        // There is one config for each platform. With several, none of them is the image's config.
        let mut configs = self.configs.into_iter();
        let config = configs.next().filter(|_| configs.next().is_none());
        Outcome { id: self.id, config }
    }

    fn tick(&mut self, now: Instant, on_event: &mut OnEvent<'_>) {
        for step in &mut self.steps {
            step.report_end(|since| now.saturating_duration_since(since) >= HELD, on_event);
        }
    }

    fn flush(&mut self, on_event: &mut OnEvent<'_>) {
        for step in &mut self.steps {
            step.flush(on_event);
            step.report_end(|_| true, on_event);
        }
    }

    fn failed(self, message: String, code: Option<i64>) -> StepFailure {
        // Steps that ran at the same time were cancelled, and are reported as failed too.
        let step = self.steps.into_iter().find(Step::is_cause);
        let (number, total, text) = step.as_ref().map(Step::place).unwrap_or_default();
        let exit_code = code.or_else(|| exit_code_in(&message));
        let output = step.map(Step::into_last_lines).unwrap_or_default();
        StepFailure { number, total, text, exit_code, message, output }
    }
}

impl Trace {
    fn take(&mut self, status: StatusResponse, on_event: &mut OnEvent<'_>) {
        // The last output of a step can arrive in the same message as its end.
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
                // The step continues after its end.
                self.steps[index].resume();
            }
            return;
        }
        self.by_digest.insert(vertex.digest.clone(), self.steps.len());
        let number = self.steps.len() + 1;
        self.steps.push(Step::new(number, vertex));
        on_event(BuildEvent::Started { step: number, name: vertex.name.clone() });
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
        self.steps[index].log(log, on_event);
    }

    fn end(&mut self, vertex: Vertex, on_event: &mut OnEvent<'_>) {
        let Some(&index) = self.by_digest.get(&vertex.digest) else { return };
        self.steps[index].end(vertex, on_event);
    }
}

/// Returns the exit code in `process "…" did not complete successfully: exit code: 3`.
fn exit_code_in(message: &str) -> Option<i64> {
    let (_, rest) = message.rsplit_once("exit code: ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests;
