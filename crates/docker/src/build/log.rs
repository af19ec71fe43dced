//! Follows a build to its end: the parts that the two builders have in common.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;
use sealift_oci::Digest;
use serde_json::Value;

use crate::build::event::BuildEvent;
use crate::build::step_failure::StepFailure;
use crate::failure::{BoxError, Failure};
use crate::wire::json_lines::{AnswerLine, reported};
use crate::wire::transport::Transport;
use crate::wire::upload::{Upload, upload};

/// The length in bytes at which an unfinished line is reported. Commands that draw progress bars do
/// not end their lines for a long time.
const LINE_LIMIT: usize = 64 << 10;
/// The number of lines that are kept of a failed step's output.
const LAST_LINES: usize = 10;

/// Receives the events of a build.
pub(crate) type OnEvent<'a> = dyn FnMut(BuildEvent) + Send + 'a;

/// The state of a build while it runs.
pub(crate) trait BuildLog: Default + Send {
    /// Processes a line of the engine's answer.
    fn note(&mut self, line: &Value, on_event: &mut OnEvent<'_>) -> Result<(), Failure>;

    /// Reports lines that have no line ending.
    fn flush(&mut self, on_event: &mut OnEvent<'_>);

    /// Reports events that were held back until now.
    fn tick(&mut self, _now: Instant, _on_event: &mut OnEvent<'_>) {}

    /// Returns what the engine reported about the image.
    fn into_outcome(self) -> Outcome;

    /// Returns the step that failed, given the engine's last message.
    fn failed(self, message: String, code: Option<i64>) -> StepFailure;
}

/// The image that an engine reports to have built.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The id of the image, possibly in its short form.
    pub(crate) id: Option<String>,
    /// The digest of the image's config, if the engine reported it in addition to the id.
    pub(crate) config: Option<Digest>,
}

/// The interval at which events that were held back are checked.
const TICK: Duration = Duration::from_millis(100);

/// Requests a build, sends its body, and follows it to its end.
pub(crate) async fn follow<L, S, E>(
    transport: &Transport,
    to: Upload<'_>,
    body: S,
    on_event: &mut OnEvent<'_>,
) -> Result<Outcome, Failure>
where
    L: BuildLog,
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<BoxError>,
{
    let state = Mutex::new((L::default(), on_event));
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let mut on_line = |line| {
        let (log, on_event) = &mut *lock();
        take(log, line, *on_event)
    };
    {
        let mut uploading = pin!(upload(transport, to, body, &mut on_line));
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                biased;
                uploaded = &mut uploading => break uploaded?,
                _ = ticks.tick() => {
                    let (log, on_event) = &mut *lock();
                    log.tick(Instant::now(), *on_event);
                }
            }
        }
    }
    let (mut log, on_event) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    log.flush(on_event);
    Ok(log.into_outcome())
}

/// Processes a line of the answer. A line that reports an error ends the build.
pub(crate) fn take<L: BuildLog>(
    log: &mut L,
    line: AnswerLine,
    on_event: &mut OnEvent<'_>,
) -> Result<(), Failure> {
    match (reported(&line), line) {
        (Some((message, code)), _) => {
            log.flush(on_event);
            let failed = std::mem::take(log).failed(message, code);
            Err(Failure::Step(Box::new(failed)))
        }
        (None, AnswerLine::Json(line)) => log.note(&line, on_event),
        (None, AnswerLine::Text(_)) => Ok(()),
    }
}

/// Cuts text that arrives in pieces into lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// A line whose end has not arrived yet.
    unfinished: String,
}

impl Lines {
    /// Adds a piece, and returns the lines that it completes, without their line endings.
    pub(crate) fn push(&mut self, piece: &str) -> Vec<String> {
        self.unfinished.push_str(piece);
        let end = match self.unfinished.rfind('\n') {
            Some(end) => end + 1,
            None if self.unfinished.len() > LINE_LIMIT => self.unfinished.len(),
            None => return Vec::new(),
        };
        let rest = self.unfinished.split_off(end);
        let whole = std::mem::replace(&mut self.unfinished, rest);
        whole.lines().map(str::to_owned).collect()
    }

    /// Returns the unfinished line.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.unfinished)
    }
}

/// The last lines of a step's output.
#[derive(Debug, Default)]
pub(crate) struct LastLines(VecDeque<String>);

impl LastLines {
    pub(crate) fn push(&mut self, line: &str) {
        if self.0.len() == LAST_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line.to_owned());
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_unfinished_line_is_limited() {
        let mut lines = Lines::default();
        let (mut given, mut longest) = (0, 0);
        for _ in 0..1000 {
            given += lines.push(&"#".repeat(1000)).len();
            longest = longest.max(lines.unfinished.len());
        }
        assert_eq!((given, longest), (15, 65_000));
    }
}
