//! Errors as people read them: what and where, then causes, then a hint.

use std::error::Error as _;

use sealift_workflow::docker::Failure as EngineFailure;
use sealift_workflow::{Error, ErrorKind};

use crate::exit_code::ExitCode;
use crate::output;
use crate::table::printable;

/// Why the command ends without having done what it should.
#[derive(Debug)]
pub(crate) struct Failure(Box<Error>);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error.into()))
    }
}

impl Failure {
    /// Something that can't be asked for.
    pub(crate) fn usage(message: impl ToString) -> Self {
        Self(Box::new(Error::Usage { message: message.to_string() }))
    }

    /// Shows it and gives its exit code.
    pub(crate) fn show(&self) -> ExitCode {
        show(&self.0);
        ExitCode::of(self.0.kind())
    }
}

/// Shows an error with its causes and a hint.
pub(crate) fn show(error: &Error) {
    let style = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
    let hint_style = anstyle::Style::new().bold();
    if error.kind() == ErrorKind::Interrupted {
        output::error_line("interrupted; nothing was left half done");
        return;
    }
    output::error_line(&format!("{style}error:{style:#} {}", printable(&error.to_string())));
    for cause in causes(error) {
        output::error_line(&format!("  caused by: {cause}"));
    }
    for line in last_output(error) {
        output::error_line(&format!("    {}", printable(line)));
    }
    if let Some(hint) = error.hint() {
        output::error_line(&format!("{hint_style}hint:{hint_style:#} {}", printable(&hint)));
    }
}

/// Gives the causes of an error, outermost first, without what was said already.
pub(crate) fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            causes.push(printable(&text));
            said = text;
        }
        next = cause.source();
    }
    causes
}

/// Gives what the step of a build that failed wrote last.
fn last_output(error: &Error) -> &[String] {
    match error {
        Error::Engine(error) => match error.failure() {
            EngineFailure::Step(step) => &step.output,
            _ => &[],
        },
        _ => &[],
    }
}

/// Says an error in one line, for JSON.
pub(crate) fn one_line(error: &Error) -> String {
    let mut line = error.to_string();
    for cause in causes(error) {
        line.push_str(": ");
        line.push_str(&cause);
    }
    line
}
