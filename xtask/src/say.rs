//! The output of tasks. No other module prints.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks print for people")]

use std::fmt::Display;
use std::io::Write as _;

/// Prints a line of a task's result.
pub(crate) fn line(text: impl Display) {
    println!("{text}");
    // Otherwise the line could appear after the output of a command that the task runs next.
    let _ = std::io::stdout().flush();
}

/// Prints the next step of a task.
pub(crate) fn step(text: impl Display) {
    eprintln!("xtask: {text}");
}

/// Prints an error, then its causes.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  caused by: {cause}");
    }
}
