//! Builds an image with the engine's classic builder.

use std::collections::VecDeque;

use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::answer::{Line, reported};
use crate::build_output::find_built_id;
use crate::context::BuildContext;
use crate::failure::BoxError;
use crate::upload::upload;
use crate::{BuildEvent, BuildRequest, Engine, Error, Failure, StepFailure};

/// How many pieces of the context may wait for the engine.
const PIECES: usize = 4;
/// How much of a line is waited for before it is taken for a whole one.
const LINE_LIMIT: usize = 64 << 10;
/// How many lines of a failed step's output are shown.
const LAST_LINES: usize = 10;

/// An image that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// Its full id, as the engine shows it.
    pub id: String,
}

impl Engine {
    /// Builds an image. The context is streamed; what the engine says is given as events.
    ///
    /// # Errors
    ///
    /// If the context can't be sent; if a step fails, with its last lines.
    pub async fn build(
        &self,
        request: BuildRequest,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Built, Error> {
        let operation = self.operation(format!("build `{}` in", request.tag), Some(&request.tag));
        let run = self.run_build(&request, on_event).await;
        let id = run.map_err(|failure| match failure {
            // What is wrong with the context says so itself.
            Failure::Upload { source } => match source.downcast::<crate::ContextError>() {
                Ok(error) => operation.fail(*error),
                Err(source) => operation.fail(Failure::Upload { source }),
            },
            failure => operation.fail(failure),
        })?;
        let nothing_built =
            || operation.fail(Failure::unintelligible("it ends without the id of an image", None));
        let id = id.ok_or_else(nothing_built)?;
        // What the output names may be the short form of an id.
        let image = self.inspect(&id).await?.ok_or_else(nothing_built)?;
        Ok(Built { id: image.id })
    }

    async fn run_build(
        &self,
        request: &BuildRequest,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Option<String>, Failure> {
        let context = BuildContext::new(&request.path, request.dockerfile())?;
        let dialect = self.transport.dialect().await?;
        let query = request.query(context.dockerfile(), dialect.is_podman);
        let (sender, receiver) = mpsc::channel(PIECES);
        let sending = tokio::task::spawn_blocking(move || context.send(sender));
        let tar = stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        // A walk that dies must not pass for the end of the context.
        let end = stream::once(sending).filter_map(|ended| async {
            ended.err().map(|error| Err::<_, BoxError>(error.into()))
        });
        let tar = tar.map(|piece| piece.map_err(BoxError::from)).chain(end);
        let mut progress = Progress::default();
        let mut on_line = |line: Line| match (reported(&line), line) {
            (Some((message, code)), _) => {
                progress.end_line(on_event);
                let failed = std::mem::take(&mut progress).failed(message, code);
                Err(Failure::Step(Box::new(failed)))
            }
            (None, Line::Json(line)) => {
                progress.note(&line, on_event);
                Ok(())
            }
            (None, Line::Text(_)) => Ok(()),
        };
        upload(&self.transport, &query.on("/build"), tar, &mut on_line).await?;
        progress.end_line(on_event);
        Ok(progress.id)
    }
}

/// What is known of a build while it runs.
#[derive(Default)]
struct Progress {
    /// The id of the last image that was named.
    id: Option<String>,
    has_aux: bool,
    step: Option<(u32, u32, String)>,
    last_lines: VecDeque<String>,
    /// A line whose end hasn't come yet.
    unfinished: String,
}

impl Progress {
    fn note(&mut self, line: &Value, on_event: &mut (dyn FnMut(BuildEvent) + Send)) {
        if let Some(id) = line["aux"]["ID"].as_str() {
            self.id = Some(id.to_owned());
            self.has_aux = true;
        }
        if let Some(text) = line["stream"].as_str() {
            self.unfinished.push_str(text);
            while let Some(end) = self.unfinished.find('\n') {
                let rest = self.unfinished.split_off(end + 1);
                self.end_line(on_event);
                self.unfinished = rest;
            }
            // Commands that draw progress end no line for a long time.
            if self.unfinished.len() > LINE_LIMIT {
                self.end_line(on_event);
            }
        }
        if let Some(status) = line["status"].as_str() {
            let id = line["id"].as_str().unwrap_or_default().to_owned();
            on_event(BuildEvent::Pull { id, status: status.to_owned() });
        }
    }

    fn end_line(&mut self, on_event: &mut (dyn FnMut(BuildEvent) + Send)) {
        let line = without_colour(&std::mem::take(&mut self.unfinished));
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        // An aux id is the engine's own word; text can hold anything.
        if !self.has_aux
            && let Some(id) = find_built_id(line).or_else(|| bare_id(line))
        {
            self.id = Some(id.to_owned());
        }
        let event = BuildEvent::of_line(line);
        match &event {
            BuildEvent::Step { number, total, text } => {
                self.step = Some((*number, *total, text.clone()));
                self.last_lines.clear();
            }
            BuildEvent::Log(_) if !is_of_builder(line) => {
                if self.last_lines.len() == LAST_LINES {
                    self.last_lines.pop_front();
                }
                self.last_lines.push_back(line.to_owned());
            }
            _ => {}
        }
        on_event(event);
    }

    fn failed(self, message: String, code: Option<i64>) -> StepFailure {
        let (number, total, text) = self.step.unwrap_or_default();
        let exit_code = code.or_else(|| exit_code_in(&message));
        StepFailure { number, total, text, exit_code, message, output: self.last_lines.into() }
    }
}

/// Takes off the red in which Docker sets what a command wrote to its standard error.
fn without_colour(line: &str) -> String {
    line.replace("\u{1b}[91m", "").replace("\u{1b}[0m", "")
}

/// Gives the id where it is all that a line says, as in a quiet build of Podman.
fn bare_id(line: &str) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (line.len() == 64 && line.bytes().all(is_digit)).then_some(line)
}

/// Tells what the builder says of its own doings from what a command wrote.
fn is_of_builder(line: &str) -> bool {
    [" ---> ", "--> ", "Removing intermediate container "].iter().any(|mark| line.starts_with(mark))
}

/// Finds the exit code at the end of an engine's words: `… returned a non-zero code: 3`, Podman's
/// `exit status 3`.
fn exit_code_in(message: &str) -> Option<i64> {
    let code = message.rsplit(' ').next()?;
    let before = message.strip_suffix(code)?;
    let is_code = before.ends_with("non-zero code: ") || before.ends_with("exit status ");
    if is_code { code.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_and_the_last_id_counts() {
        let mut progress = Progress::default();
        let mut events = Vec::new();
        let mut on_event = |event| events.push(event);
        for text in ["Step 1/2 : FROM a@sha", "256:00\n ---> 1", "b\n", "Successfully built 2c\n"] {
            progress.note(&serde_json::json!({ "stream": text }), &mut on_event);
        }
        assert_eq!(progress.id.as_deref(), Some("2c"));
        progress.note(&serde_json::json!({"aux": {"ID": "sha256:3d"}}), &mut on_event);
        progress.note(&serde_json::json!({"stream": "Successfully built 4e\n"}), &mut on_event);
        assert_eq!(progress.id.as_deref(), Some("sha256:3d"));
        assert_eq!(events.len(), 4);
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut progress = Progress::default();
        let (mut lines, mut longest) = (0, 0);
        for _ in 0..1000 {
            let text = serde_json::json!({ "stream": "#".repeat(1000) });
            progress.note(&text, &mut |_| lines += 1);
            longest = longest.max(progress.unfinished.len());
        }
        assert_eq!((lines, longest), (15, 65_000));
    }

    #[test]
    fn the_exit_code_is_found_in_the_engines_words() {
        assert_eq!(exit_code_in("The command 'x' returned a non-zero code: 3"), Some(3));
        assert_eq!(exit_code_in("building at STEP \"RUN x\": exit status 127"), Some(127));
        for none in ["something else", "", "7", "tar(exit status 1): unexpected EOF"] {
            assert_eq!(exit_code_in(none), None, "{none}");
        }
    }

    #[test]
    fn a_quiet_build_of_podman_says_its_id_and_nothing_else() {
        let id = "82ae44c125b9a3a2863d7c9f9b06f93f1aa6a73f2d5c353484bb98f45b4899a6";
        let mut progress = Progress::default();
        progress.note(&serde_json::json!({ "stream": format!("{id}\n") }), &mut |_| {});
        assert_eq!(progress.id.as_deref(), Some(id));
    }

    #[test]
    fn a_failed_step_keeps_its_own_last_lines_only() {
        let mut progress = Progress::default();
        for text in ["Step 1/2 : RUN a\n", "of a\n", "Step 2/2 : RUN b\n"] {
            progress.note(&serde_json::json!({ "stream": text }), &mut |_| {});
        }
        for number in 0..12 {
            let text = format!("\u{1b}[91mb {number}\n\u{1b}[0m");
            progress.note(&serde_json::json!({ "stream": text }), &mut |_| {});
        }
        progress.note(
            &serde_json::json!({"stream": "Removing intermediate container 46\n"}),
            &mut |_| {},
        );
        let failed = progress.failed("a non-zero code: 3".to_owned(), None);
        let expected: Vec<String> = (2..12).map(|number| format!("b {number}")).collect();
        assert_eq!((failed.number, failed.exit_code, failed.output), (2, Some(3), expected));
    }
}
