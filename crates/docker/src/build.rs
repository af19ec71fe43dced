//! Builds an image with the engine's classic builder.

use std::collections::VecDeque;

use futures_util::stream;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::answer::{Answer, Line, reported};
use crate::build_output::find_built_id;
use crate::context::BuildContext;
use crate::transport::{accept, post};
use crate::upload::UploadError;
use crate::{BuildEvent, BuildRequest, Engine, Error, Failure, StepFailure};

/// How many pieces of the context may wait for the engine.
const PIECES: usize = 4;
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
        let upload = UploadError::default();
        let run = self.run_build(&request, &upload, on_event).await;
        let id = run.map_err(|failure| match upload.or(failure) {
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
        upload: &UploadError,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Option<String>, Failure> {
        let context = BuildContext::new(&request.path, request.dockerfile())?;
        if context.has_ignore_file(request.dockerfile()) {
            let warning =
                "the context has a .dockerignore, which is not applied yet: all of it is sent";
            on_event(BuildEvent::Warning(warning.to_owned()));
        }
        let (sender, receiver) = mpsc::channel(PIECES);
        tokio::task::spawn_blocking(move || context.send(sender));
        let body = upload.body(stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        }));
        let mut post = post(body);
        post.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
        let path = request.query().on("/build");
        let sent = async {
            let (response, line) = self.transport.send(post, &path).await?;
            Ok((accept(response).await?, line))
        };
        let (response, _line) = self.transport.while_alive(sent).await?;
        let mut answer = Answer::new(&self.transport, response.into_body());
        let mut progress = Progress::default();
        while let Some(line) = answer.next().await? {
            if let Some((message, code)) = reported(&line) {
                return Err(Failure::Step(Box::new(progress.failed(message, code))));
            }
            if let Line::Json(line) = line {
                progress.note(&line, on_event);
            }
        }
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
        }
        if let Some(status) = line["status"].as_str() {
            let id = line["id"].as_str().unwrap_or_default().to_owned();
            on_event(BuildEvent::Pull { id, status: status.to_owned() });
        }
    }

    fn end_line(&mut self, on_event: &mut (dyn FnMut(BuildEvent) + Send)) {
        let line = std::mem::take(&mut self.unfinished);
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        // An aux id is the engine's own word; text can hold anything.
        if !self.has_aux
            && let Some(id) = find_built_id(line)
        {
            self.id = Some(id.to_owned());
        }
        let event = BuildEvent::of_line(line);
        match &event {
            BuildEvent::Step { number, total, text } => {
                self.step = Some((*number, *total, text.clone()));
                self.last_lines.clear();
            }
            _ => {
                if self.last_lines.len() == LAST_LINES {
                    self.last_lines.pop_front();
                }
                self.last_lines.push_back(line.to_owned());
            }
        }
        on_event(event);
    }

    fn failed(self, message: String, code: Option<i64>) -> StepFailure {
        let (number, total, text) = self.step.unwrap_or_default();
        let exit_code = code.or_else(|| exit_code_in(&message));
        StepFailure { number, total, text, exit_code, message, output: self.last_lines.into() }
    }
}

/// Finds the exit code in the words of an engine: `… returned a non-zero code: 3`, Podman's `exit status 3`.
fn exit_code_in(message: &str) -> Option<i64> {
    ["non-zero code: ", "exit status "].iter().find_map(|mark| {
        let rest = &message[message.rfind(mark)? + mark.len()..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest[..digits].parse().ok()
    })
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
    fn the_exit_code_is_found_in_the_engines_words() {
        assert_eq!(exit_code_in("The command 'x' returned a non-zero code: 3"), Some(3));
        assert_eq!(exit_code_in("building at STEP \"RUN x\": exit status 127"), Some(127));
        assert_eq!(exit_code_in("something else"), None);
    }
}
