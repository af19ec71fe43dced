//! All output of the command: results on standard output, everything else on standard error.
//!
//! The first error of a write to standard output is stored, and nothing is written after it. At the
//! end of the process, [`end`] reports the error, so output is never lost silently.

use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

use crate::escape::{safe, safe_json};
use crate::exit_code::ExitCode;

/// The style of the word `error`.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

static WRITE_ERROR: OnceLock<io::Error> = OnceLock::new();

/// `true` if a part of an archive was written. A JSON document after it would corrupt the archive.
static HAS_ARCHIVE: AtomicBool = AtomicBool::new(false);

/// `true` if each result is printed as one line of JSON.
static AS_LINES: AtomicBool = AtomicBool::new(false);

/// Writes data for programs: unchanged to a pipe or a file, escaped on a terminal.
pub(crate) fn data(bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() {
        write(&mut stdout, safe(&String::from_utf8_lossy(bytes)).as_bytes());
    } else {
        write(&mut stdout, bytes);
    }
}

/// A writer for an archive, which passes bytes unchanged to standard output.
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

/// Writes text, which can be styled.
pub(crate) fn text(text: &str) {
    write(&mut anstream::stdout().lock(), safe(text).as_bytes());
}

/// Returns the width of standard output if it is a terminal.
pub(crate) fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0))
}

/// Returns the width of standard error if it is a terminal.
pub(crate) fn error_terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0))
}

/// Returns the width of standard error if it is a terminal, or 80.
pub(crate) fn error_width() -> usize {
    error_terminal_width().unwrap_or(80)
}

/// Makes [`json`] write each result on its own line.
pub(crate) fn use_json_lines() {
    AS_LINES.store(true, Ordering::Relaxed);
}

/// Writes a document as JSON. With JSON lines, writes it on one line, or an array on one line per
/// element.
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

/// Writes a document as JSON on one line.
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

/// Stores an error of a write to standard output, unless there is one already.
pub(crate) fn fail(error: io::Error) {
    // Only the first error is reported; later ones have the same cause.
    let _ = WRITE_ERROR.set(error);
}

/// Reports an error of a write to standard output, if there was one, and returns the exit code of
/// the process.
///
/// A reader that closes the pipe, as `head` does, is not an error.
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

/// Prints a question on standard error, without a line feed, so that the answer follows it.
pub(crate) fn question(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = write!(stderr, "{} ", safe(text)).and_then(|()| stderr.flush());
}

/// A writer for the log, which escapes text and passes it to standard error.
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
