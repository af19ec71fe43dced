//! Failures, as printed on standard error and with `--json`.

use std::collections::HashSet;

use anstyle::Style;
use sealift_workflow::docker::{Failure as EngineFailure, ResolveError};
use sealift_workflow::filename::Printable;
use sealift_workflow::{Error, ErrorKind};
use serde::Serialize;
use serde_json::{Value, json};

use crate::exit_code::ExitCode;
use crate::hints;
use crate::output::{self, ERROR};
use crate::program_line::coloured;

const HINT: Style = Style::new().bold();

/// A failure of the command or of one part of its work.
///
/// It serializes as `{code, message, causes, hint}`.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    #[serde(rename = "code")]
    kind: ErrorKind,
    message: String,
    /// The causes, outermost first, except those that the message contains.
    causes: Vec<String>,
    /// The last lines of output of a failed build step.
    #[serde(skip)]
    output: Vec<String>,
    hint: Option<String>,
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error.into())
    }
}

impl Failure {
    /// Describes an error of a workflow.
    pub(crate) fn of(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            message: hints::message(error),
            causes: error.causes(),
            output: last_output(error).to_vec(),
            hint: hints::hint(error),
        }
    }

    /// Creates a failure for arguments that cannot be used.
    pub(crate) fn usage(message: impl ToString) -> Self {
        Self::new(ErrorKind::Usage, message, None)
    }

    /// Describes a setting that cannot be used to find the engine.
    pub(crate) fn setting(error: ResolveError) -> Self {
        Self::usage(&error).with_hint(hints::setting(&error))
    }

    /// Creates a failure that is not an error of a workflow.
    pub(crate) fn new(kind: ErrorKind, message: impl ToString, cause: Option<String>) -> Self {
        let causes = cause.into_iter().collect();
        Self { kind, message: message.to_string(), causes, output: Vec::new(), hint: None }
    }

    /// Sets or removes the hint.
    pub(crate) fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Returns the exit code for the failure.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::of(self.kind)
    }

    /// Replaces the message with the outermost cause, if there is one.
    pub(crate) fn with_cause_as_message(mut self) -> Self {
        if !self.causes.is_empty() {
            self.message = self.causes.remove(0);
        }
        self
    }

    /// Removes the hint if the set contains it, and adds it to the set otherwise.
    pub(crate) fn with_hint_once(mut self, hints: &mut HashSet<String>) -> Self {
        self.hint = self.hint.filter(|hint| hints.insert(hint.clone()));
        self
    }

    /// Prints the failure on standard error, with causes and hint.
    pub(crate) fn show(&self) {
        self.show_after("");
    }

    /// Prints the failure as [`show`](Self::show) does, after a prefix, which is not escaped.
    pub(crate) fn show_after(&self, prefix: &str) {
        if self.kind == ErrorKind::Interrupted {
            output::error_line("interrupted; nothing was left half done");
            return;
        }
        output::error_line(&format!("{prefix}{ERROR}error:{ERROR:#} {}", Printable(&self.message)));
        for cause in &self.causes {
            output::error_line(&format!("  caused by: {}", Printable(cause)));
        }
        for line in &self.output {
            output::error_line(&format!("    {}", coloured(line)));
        }
        if let Some(hint) = &self.hint {
            output::error_line(&format!("{HINT}hint:{HINT:#} {}", Printable(hint)));
        }
    }
}

/// Prints an error of a workflow.
pub(crate) fn show(error: &Error) {
    Failure::of(error).show();
}

/// Returns the exit code for errors that were already printed, except interruptions.
///
/// An interruption is printed here, once and after all results, and determines the code. Otherwise
/// the first error does.
pub(crate) fn code_of<'a>(errors: impl IntoIterator<Item = &'a Error>) -> ExitCode {
    let mut code = ExitCode::DONE;
    for error in errors {
        if is_interruption(error) {
            show(error);
            return ExitCode::INTERRUPTED;
        }
        if code == ExitCode::DONE {
            code = ExitCode::of(error.kind());
        }
    }
    code
}

/// Returns `true` if the error is an interruption by a signal instead of a failure.
pub(crate) fn is_interruption(error: &Error) -> bool {
    error.kind() == ErrorKind::Interrupted
}

/// Returns an error of a workflow as JSON.
pub(crate) fn document(error: &Error) -> Value {
    json!(Failure::of(error))
}

/// Replaces the `error` in the JSON of a failed result by one with a hint.
pub(crate) fn with_hint<T>(mut described: Value, result: &Result<T, Error>) -> Value {
    if let Err(error) = result {
        described["error"] = document(error);
    }
    described
}

/// Returns the last lines of output of a failed build step.
fn last_output(error: &Error) -> &[String] {
    match error {
        Error::Engine(error) => match error.failure() {
            EngineFailure::Step(step) => &step.output,
            _ => &[],
        },
        _ => &[],
    }
}
