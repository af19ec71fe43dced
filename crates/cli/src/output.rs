//! The one place that prints: results on standard output, everything else on standard error.
//!
//! The first write to standard output that fails is remembered, and nothing is written after it. At
//! the end of the process [`end`] reports it, so no command can lose output without an error.

use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

use crate::escape::{safe, safe_json};
use crate::exit_code::ExitCode;

/// The style of the word `error`.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

static WRITE_ERROR: OnceLock<io::Error> = OnceLock::new();

/// `true` after a part of an archive was written: a document after it would be read as archive.
static HAS_ARCHIVE: AtomicBool = AtomicBool::new(false);

/// `true` if each result is a line of JSON.
static AS_LINES: AtomicBool = AtomicBool::new(false);

/// Writes data for programs: byte for byte into a pipe or a file, escaped on a terminal.
pub(crate) fn data(bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() {
        write(&mut stdout, safe(&String::from_utf8_lossy(bytes)).as_bytes());
    } else {
        write(&mut stdout, bytes);
    }
}

/// A writer for an archive: standard output, byte for byte.
#[derive(Debug)]
pub(crate) struct ArchiveWriter;

impl Write for ArchiveWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HAS_ARCHIVE.store(true, Ordering::Relaxed);
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// Writes text for people, which may be styled.
pub(crate) fn text(text: &str) {
    write(&mut anstream::stdout().lock(), safe(text).as_bytes());
}

/// Returns the width of the terminal that standard output is, if it is one.
pub(crate) fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0))
}

/// Returns the width of the terminal that standard error is, if it is one.
pub(crate) fn error_terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0))
}

/// Returns the width of the terminal that standard error is, or 80.
pub(crate) fn error_width() -> usize {
    error_terminal_width().unwrap_or(80)
}

/// Makes [`json`] write each result in a line of its own.
pub(crate) fn use_json_lines() {
    AS_LINES.store(true, Ordering::Relaxed);
}

/// Writes a document as JSON; if lines are wanted in one line, and an array in a line for each of
/// its elements.
pub(crate) fn json(document: &impl serde::Serialize) {
    if !AS_LINES.load(Ordering::Relaxed) {
        return write_json(serde_json::to_string_pretty(document));
    }
    match serde_json::to_value(document) {
        Ok(serde_json::Value::Array(results)) => results.iter().for_each(json_line),
        Ok(document) => json_line(&document),
        Err(error) => fail(error.into()),
    }
}

/// Writes a document as JSON in one line.
pub(crate) fn json_line(document: &impl serde::Serialize) {
    write_json(serde_json::to_string(document));
}

fn write_json(serialized: serde_json::Result<String>) {
    match serialized {
        Ok(_) if HAS_ARCHIVE.load(Ordering::Relaxed) => {}
        Ok(text) => write(&mut io::stdout().lock(), (safe_json(&text) + "\n").as_bytes()),
        Err(error) => fail(error.into()),
    }
}

fn write(stdout: &mut impl Write, bytes: &[u8]) {
    if WRITE_ERROR.get().is_some() {
        return;
    }
    if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        fail(error);
    }
}

/// Remembers an error of a write to standard output.
pub(crate) fn fail(error: io::Error) {
    // A later error has the same cause.
    let _ = WRITE_ERROR.set(error);
}

/// Returns the exit code of the process, after reporting output that could not be written.
///
/// A reader that has gone away, like `head`, is no error.
pub(crate) fn end(code: ExitCode) -> ExitCode {
    match WRITE_ERROR.get() {
        None => code,
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Some(error) => {
            error_line(&format!("{ERROR}error:{ERROR:#} could not write to standard output"));
            error_line(&format!("  caused by: {error}"));
            if code == ExitCode::DONE { ExitCode::FAILED } else { code }
        }
    }
}

/// Prints one line on standard error.
pub(crate) fn error_line(line: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{}", safe(line));
}

/// Prints a question on standard error; the answer follows in the same line.
pub(crate) fn question(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = write!(stderr, "{} ", safe(text)).and_then(|()| stderr.flush());
}

/// A writer for the log: standard error, escaped like everything else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(safe(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
