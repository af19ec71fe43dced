//! One of BuildKit's steps.

use std::time::{Duration, Instant};

use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::{Vertex, VertexLog};

use crate::build::event::{BuildEvent, StepEnd};
use crate::build::log::{LastLines, Lines, OnEvent};

/// How long the end of a step is held back.
///
/// BuildKit ends a step and begins it anew within milliseconds: once it has found out what the step
/// depends on, and once more for each layer that it pulls.
pub(super) const HELD: Duration = Duration::from_millis(150);

/// A step of a build, as far as it is known.
pub(super) struct Step {
    /// Its number, from 1, in the order in which the steps began.
    number: usize,
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

impl Step {
    pub(super) fn new(number: usize, vertex: &Vertex) -> Self {
        Self {
            number,
            name: vertex.name.clone(),
            started: vertex.started,
            state: StepState::Running,
            error: None,
            last_lines: LastLines::default(),
            lines: Lines::default(),
        }
    }

    /// Takes note that the step goes on after its end.
    pub(super) fn resume(&mut self) {
        self.state = StepState::Running;
    }

    /// Takes what a command in the step wrote.
    pub(super) fn log(&mut self, log: &VertexLog, on_event: &mut OnEvent<'_>) {
        let after = since(self.started, log.timestamp);
        for line in self.lines.push(&String::from_utf8_lossy(&log.msg)) {
            self.report_line(&line, after, on_event);
        }
    }

    /// Reports a line whose end never came.
    pub(super) fn flush(&mut self, on_event: &mut OnEvent<'_>) {
        let unfinished = self.lines.take();
        self.report_line(&unfinished, None, on_event);
    }

    /// Takes note of the step's end, which is reported later.
    pub(super) fn end(&mut self, vertex: Vertex, on_event: &mut OnEvent<'_>) {
        self.flush(on_event);
        if matches!(self.state, StepState::Ended) {
            return;
        }
        let took = since(vertex.started.or(self.started), vertex.completed).unwrap_or_default();
        let end = if !vertex.error.is_empty() {
            self.error = Some(vertex.error.clone());
            StepEnd::Failed(vertex.error)
        } else if vertex.cached {
            StepEnd::Cached
        } else {
            StepEnd::Done(took)
        };
        self.state = StepState::Ending { end, since: Instant::now() };
    }

    /// Reports that the step has ended, if that was held back for long enough.
    pub(super) fn report_end(
        &mut self,
        is_enough: impl Fn(Instant) -> bool,
        on_event: &mut OnEvent<'_>,
    ) {
        match std::mem::replace(&mut self.state, StepState::Ended) {
            StepState::Ending { end, since } if is_enough(since) => {
                on_event(BuildEvent::Ended { step: self.number, end });
            }
            state => self.state = state,
        }
    }

    /// Returns `true` if the step failed by itself. Steps that ran beside it were cancelled, and
    /// say so.
    pub(super) fn is_cause(&self) -> bool {
        self.error.as_ref().is_some_and(|error| !error.contains("context canceled"))
    }

    /// Returns the step's place in the Dockerfile, the number of steps there, and the instruction.
    pub(super) fn place(&self) -> (u32, u32, String) {
        read_name(&self.name)
    }

    pub(super) fn into_last_lines(self) -> Vec<String> {
        self.last_lines.into_vec()
    }

    fn report_line(&mut self, line: &str, after: Option<Duration>, on_event: &mut OnEvent<'_>) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        self.last_lines.push(line);
        on_event(BuildEvent::Output { step: self.number, after, line: line.to_owned() });
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

#[cfg(test)]
mod tests {
    use super::read_name;

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
