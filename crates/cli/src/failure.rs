//! Errors as people read them, and as `--json` prints them.

use std::error::Error as _;

use anstyle::Style;
use sealift_workflow::docker::Failure as EngineFailure;
use sealift_workflow::filename::Printable;
use sealift_workflow::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::exit_code::ExitCode;
use crate::hints;
use crate::output::{self, ERROR};
use crate::program_line::coloured;

const HINT: Style = Style::new().bold();

/// Why the command ends without having done what it should.
#[derive(Debug)]
pub(crate) struct Failure(Box<Error>);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error.into()))
    }
}

impl Failure {
    /// Creates a failure for something that can't be asked for.
    pub(crate) fn usage(message: impl ToString) -> Self {
        Self(Box::new(Error::Usage { message: message.to_string() }))
    }

    /// Prints the failure, with `--json` also as a document, and returns its exit code.
    pub(crate) fn show(&self, json: bool) -> ExitCode {
        if json {
            output::json(&json!({ "error": document(&self.0) }));
        }
        show(&self.0);
        ExitCode::of(self.0.kind())
    }
}

/// Prints an error with its causes and a hint.
pub(crate) fn show(error: &Error) {
    if error.kind() == ErrorKind::Interrupted {
        output::error_line("interrupted; nothing was left half done");
        return;
    }
    output::error_line(&format!("{ERROR}error:{ERROR:#} {}", Printable(&error.to_string())));
    for cause in causes(error) {
        output::error_line(&format!("  caused by: {}", Printable(&cause)));
    }
    for line in last_output(error) {
        output::error_line(&format!("    {}", coloured(line)));
    }
    if let Some(hint) = hints::hint(error) {
        output::error_line(&format!("{HINT}hint:{HINT:#} {}", Printable(&hint)));
    }
}

/// Describes an error for JSON: `{code, message, causes, hint}`.
pub(crate) fn document(error: &Error) -> Value {
    json!({
        "code": ExitCode::of(error.kind()).word(),
        "message": error.to_string(),
        "causes": causes(error),
        "hint": hints::hint(error),
    })
}

/// Prints an error in the arguments, with `--json` also as a document.
pub(crate) fn show_usage(error: &clap::Error, json: bool) -> ExitCode {
    let text = error.render();
    if json {
        output::json(&json!({ "error": usage_document(&text.to_string()) }));
    }
    let arguments: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    output::error_line(with_printable(text.ansi().to_string(), &arguments).trim_end());
    ExitCode::USAGE
}

/// Escapes arguments in a text that quotes them, whole or from the `=` on.
fn with_printable(mut text: String, arguments: &[String]) -> String {
    let values = arguments.iter().filter_map(|word| Some(word.split_once('=')?.1));
    for word in arguments.iter().map(String::as_str).chain(values) {
        let escaped = Printable(word).to_string();
        if escaped != word {
            text = text.replace(word, &escaped);
        }
    }
    text
}

/// Describes what clap prints of an error: the message, tips, the usage.
fn usage_document(text: &str) -> Value {
    let mut paragraphs = text.split("\n\n").map(str::trim);
    let message = paragraphs.next().unwrap_or_default();
    let tips: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    let hint = if tips.is_empty() { None } else { Some(tips.join("; ")) };
    json!({
        "code": ExitCode::USAGE.word(),
        "message": message.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" "),
        "causes": [],
        "hint": hint,
    })
}

/// Returns the causes of an error, outermost first, without those that its message contains already.
fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            causes.push(text.clone());
            said = text;
        }
        next = cause.source();
    }
    causes
}

/// Returns the last lines that a failed step of a build printed.
fn last_output(error: &Error) -> &[String] {
    match error {
        Error::Engine(error) => match error.failure() {
            EngineFailure::Step(step) => &step.output,
            _ => &[],
        },
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_error_is_described_by_its_first_paragraph_and_its_tips() {
        let text = "error: unrecognized subcommand 'lsit'\n\n  tip: a similar subcommand exists: 'list'\n\n\
                    Usage: sealift [OPTIONS] [COMMAND]\n\nFor more information, try '--help'.\n";
        let document = json!({
            "code": "usage",
            "message": "unrecognized subcommand 'lsit'",
            "causes": [],
            "hint": "a similar subcommand exists: 'list'",
        });
        assert_eq!(usage_document(text), document);
    }
}
