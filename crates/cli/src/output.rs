//! The one place that prints: data on standard output, everything else on standard error.

use std::io::Write as _;

/// Prints data, byte for byte: a path with an escape sequence in it has to come out whole. A reader that has gone
/// away, as `head` does, is no error of ours.
pub(crate) fn data(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints text for people, which has colours where they are wanted.
pub(crate) fn styled(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints one line for the person who watches.
pub(crate) fn error_line(line: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{line}");
}

/// Prints a document as JSON.
pub(crate) fn json(document: &impl serde::Serialize) {
    match serde_json::to_string_pretty(document) {
        Ok(text) => data(&(text + "\n")),
        Err(error) => error_line(&format!("error: cannot write JSON: {error}")),
    }
}
