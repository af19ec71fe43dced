//! A step of a build by BuildKit.

use std::time::{Duration, Instant};

use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::{Vertex, VertexLog};

use crate::build::event::{BuildEvent, StepEnd};
use crate::build::log::{LastLines, Lines, OnEvent};

/// The time for which the end of a step is held back.
///
/// BuildKit reports the end of a step and starts it again within milliseconds: after it has found
/// the dependencies of the step, and for each layer that it pulls. Without a delay, such a step
/// would be reported as ended several times.
pub(super) const HELD: Duration = Duration::from_millis(150);

/// A step of a build, with what is known about it so far.
pub(super) struct Step {
    /// The number of the step, from 1, in the order in which the steps started.
    number: usize,
    name: String,
    started: Option<Timestamp>,
    state: StepState,
    error: Option<String>,
    last_lines: LastLines,
    lines: Lines,
}

/// The progress of a step.
enum StepState {
    Running,
    /// The engine has reported the end, but no event has been sent yet.
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

    /// Records that the step continues after its end.
    pub(super) fn resume(&mut self) {
        self.state = StepState::Running;
    }

    /// Reports output of a command in the step, line by line.
    pub(super) fn log(&mut self, log: &VertexLog, on_event: &mut OnEvent<'_>) {
        let after = since(self.started, log.timestamp);
        for line in self.lines.push(&String::from_utf8_lossy(&log.msg)) {
            self.report_line(&line, after, on_event);
        }
    }

    /// Reports the last line if it has no line ending.
    pub(super) fn flush(&mut self, on_event: &mut OnEvent<'_>) {
        let unfinished = self.lines.take();
        self.report_line(&unfinished, None, on_event);
    }

    /// Records the end of the step, which is reported later.
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

    /// Reports that the step has ended, if the end was held back for long enough.
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

    /// Returns `true` if the step itself failed. Steps that ran at the same time are cancelled, and
    /// their errors contain `context canceled`.
    pub(super) fn is_cause(&self) -> bool {
        self.error.as_ref().is_some_and(|error| !error.contains("context canceled"))
    }

    /// Returns the number of the step in the Dockerfile, the number of steps there, and the
    /// instruction. The numbers are 0 if the step is not from the Dockerfile.
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

/// Parses a step's name: `[2/3] RUN make`, `[build 2/3] RUN make`, `[internal] load .dockerignore`.
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
    fn names_of_steps_are_parsed_as_buildkit_writes_them() {
        assert_eq!(read_name("[2/3] RUN make"), (2, 3, "RUN make".to_owned()));
        assert_eq!(read_name("[the build 2/3] RUN a"), (2, 3, "RUN a".to_owned()));
        for name in ["[internal] load metadata for web:1", "exporting to image", "[1/x] a", "[2/3]"]
        {
            assert_eq!(read_name(name), (0, 0, name.to_owned()));
        }
    }
}
