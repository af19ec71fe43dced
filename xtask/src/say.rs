//! The one place that prints.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to a person")]

use std::fmt::Display;
use std::io::Write as _;

/// Prints a line of a task's outcome.
pub(crate) fn line(text: impl Display) {
    println!("{text}");
    // Keeps its place among the lines of the commands that the task runs.
    let _ = std::io::stdout().flush();
}

/// Prints what a task is about to do.
pub(crate) fn step(text: impl Display) {
    eprintln!("xtask: {text}");
}

/// Prints why a task failed: what and where, then the causes.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  caused by: {cause}");
    }
}
