//! Builds an image with the engine's classic builder, one step at a time.
//!
//! This call does not use bollard: its `build_image` drops the exit code of a failed step and
//! errors in plain text, does not limit the length of a line, and does not notice an engine that
//! stops reading the context.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use futures_util::{StreamExt as _, stream};
use hyper::header::{HeaderValue, InvalidHeaderValue};
use sealift_credentials::{Credentials, Login};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::build::context::BuildContext;
use crate::build::context_tar;
use crate::build::event::BuildEvent;
use crate::build::log::{BuildLog, LastLines, Lines, OnEvent, Outcome, follow};
use crate::build::output::find_built_id;
use crate::build::request::{BuildApi, BuildRequest};
use crate::build::step_failure::StepFailure;
use crate::failure::{BoxError, Failure};
use crate::wire::transport::Transport;
use crate::wire::upload::Upload;

/// The maximum number of pieces of the context that wait for the engine.
const PIECES: usize = 4;

/// Builds an image, and returns what the engine reports about it.
pub(crate) async fn build(
    transport: &Transport,
    request: &BuildRequest,
    context: BuildContext,
    on_event: &mut OnEvent<'_>,
) -> Result<Outcome, Failure> {
    let is_podman = transport.api().await?.is_podman;
    let api = if is_podman { BuildApi::Podman } else { BuildApi::Classic };
    let query = request.query(context.dockerfile(), api);
    let path = query.on("/build");
    let registries = registries(&request.credentials, on_event).await?;
    let upload_to = Upload { registries, ..Upload::to(&path) };
    let (sender, receiver) = mpsc::channel(PIECES);
    let sending = tokio::task::spawn_blocking(move || context_tar::send(&context, sender));
    let tar = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    // If the thread that reads the context panics, the body must end with an error, not as if
    // complete.
    let end = stream::once(sending)
        .filter_map(|ended| async { ended.err().map(|error| Err::<_, BoxError>(error.into())) });
    let tar = tar.map(|piece| piece.map_err(BoxError::from)).chain(end);
    follow::<Progress, _, _>(transport, upload_to, tar, on_event).await
}

/// Returns all logins, because the classic builder cannot request them later. A login that cannot
/// be read is reported as a warning, because the build may not need it.
async fn registries(
    credentials: &Credentials,
    on_event: &mut OnEvent<'_>,
) -> Result<Option<HeaderValue>, Failure> {
    let (logins, errors) = credentials.all().await;
    for error in errors {
        on_event(BuildEvent::Warning(error.to_string()));
    }
    if logins.is_empty() {
        return Ok(None);
    }
    let value = HeaderValue::try_from(login_header(&logins));
    let bad = |error: InvalidHeaderValue| {
        Failure::unintelligible("a login cannot be sent as a header", Some(error.into()))
    };
    value.map(Some).map_err(bad)
}

/// Encodes logins for the header `X-Registry-Config`.
fn login_header(logins: &BTreeMap<String, Login>) -> String {
    let of_registry = |(registry, login): (&String, &Login)| {
        let value = match login.user() {
            None => json!({ "identitytoken": login.secret(), "serveraddress": registry }),
            Some(user) => json!({
                "username": user,
                "password": login.secret(),
                "serveraddress": registry,
            }),
        };
        (registry.clone(), value)
    };
    let logins: Map<String, Value> = logins.iter().map(of_registry).collect();
    URL_SAFE.encode(Value::from(logins).to_string())
}

/// The state of a build while it runs.
#[derive(Default)]
pub(crate) struct Progress {
    /// The id of the last image that the output contained.
    id: Option<String>,
    has_aux: bool,
    step: Option<(u32, u32, String)>,
    last_lines: LastLines,
    lines: Lines,
}

impl BuildLog for Progress {
    fn note(&mut self, line: &Value, on_event: &mut OnEvent<'_>) -> Result<(), Failure> {
        if let Some(id) = line["aux"]["ID"].as_str() {
            self.id = Some(id.to_owned());
            self.has_aux = true;
        }
        if let Some(text) = line["stream"].as_str() {
            for line in self.lines.push(without_mark(text)) {
                self.take(&line, on_event);
            }
        }
        if let Some(status) = line["status"].as_str() {
            let id = line["id"].as_str().unwrap_or_default().to_owned();
            on_event(BuildEvent::Pull { id, status: status.to_owned() });
        }
        Ok(())
    }

    fn flush(&mut self, on_event: &mut OnEvent<'_>) {
        let line = self.lines.take();
        self.take(&line, on_event);
    }

    fn into_outcome(self) -> Outcome {
        Outcome { id: self.id, config: None }
    }

    fn failed(self, message: String, code: Option<i64>) -> StepFailure {
        let (number, total, text) = self.step.unwrap_or_default();
        let exit_code = code.or_else(|| exit_code_in(&message));
        let output = self.last_lines.into_vec();
        StepFailure { number, total, text, exit_code, message, output }
    }
}

impl Progress {
    /// Processes a line of the builder's output.
    fn take(&mut self, line: &str, on_event: &mut OnEvent<'_>) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        // An id in `aux` is from the engine itself, while text can also be the output of a command.
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
                self.last_lines.push(line);
            }
            _ => {}
        }
        on_event(event);
    }
}

/// Removes the escape codes for red, in which Docker wraps what a command writes to standard error.
/// The command's own colours stay.
fn without_mark(text: &str) -> &str {
    let marked = text.strip_prefix("\u{1b}[91m").and_then(|text| text.strip_suffix("\u{1b}[0m"));
    marked.unwrap_or(text)
}

/// Returns the id if the line contains nothing else, as in a quiet build of Podman.
fn bare_id(line: &str) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (line.len() == 64 && line.bytes().all(is_digit)).then_some(line)
}

/// Returns `true` if a line was written by the builder itself and not by a command.
fn is_of_builder(line: &str) -> bool {
    [" ---> ", "--> ", "Removing intermediate container "].iter().any(|mark| line.starts_with(mark))
}

/// Returns the exit code at the end of an engine's message: `… returned a non-zero code: 3`, or
/// Podman's `exit status 3`.
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
    fn lines_are_joined_and_the_last_id_is_used() {
        let mut progress = Progress::default();
        let mut events = Vec::new();
        let mut on_event = |event| events.push(event);
        for text in ["Step 1/2 : FROM a@sha", "256:00\n ---> 1", "b\n", "Successfully built 2c\n"] {
            progress.note(&json!({ "stream": text }), &mut on_event).unwrap();
        }
        assert_eq!(progress.id.as_deref(), Some("2c"));
        progress.note(&json!({"aux": {"ID": "sha256:3d"}}), &mut on_event).unwrap();
        progress.note(&json!({"stream": "Successfully built 4e\n"}), &mut on_event).unwrap();
        assert_eq!(progress.id.as_deref(), Some("sha256:3d"));
        assert_eq!(events.len(), 4);
    }

    #[test]
    fn the_exit_code_is_found_in_the_engines_message() {
        assert_eq!(exit_code_in("The command 'x' returned a non-zero code: 3"), Some(3));
        assert_eq!(exit_code_in("building at STEP \"RUN x\": exit status 127"), Some(127));
        for none in ["something else", "", "7", "tar(exit status 1): unexpected EOF"] {
            assert_eq!(exit_code_in(none), None, "{none}");
        }
    }

    #[test]
    fn the_id_is_found_in_a_quiet_build_of_podman() {
        let id = "82ae44c125b9a3a2863d7c9f9b06f93f1aa6a73f2d5c353484bb98f45b4899a6";
        let mut progress = Progress::default();
        progress.note(&json!({ "stream": format!("{id}\n") }), &mut |_| {}).unwrap();
        assert_eq!(progress.id.as_deref(), Some(id));
    }

    #[test]
    fn a_failed_step_contains_only_its_own_last_lines() {
        let mut progress = Progress::default();
        for text in ["Step 1/2 : RUN a\n", "of a\n", "Step 2/2 : RUN b\n"] {
            progress.note(&json!({ "stream": text }), &mut |_| {}).unwrap();
        }
        for number in 0..12 {
            let text = format!("\u{1b}[91mb {number}\n\u{1b}[0m");
            progress.note(&json!({ "stream": text }), &mut |_| {}).unwrap();
        }
        progress
            .note(&json!({"stream": "Removing intermediate container 46\n"}), &mut |_| {})
            .unwrap();
        let failed = progress.failed("a non-zero code: 3".to_owned(), None);
        let expected: Vec<String> = (2..12).map(|number| format!("b {number}")).collect();
        assert_eq!((failed.number, failed.exit_code, failed.output), (2, Some(3), expected));
    }
}
