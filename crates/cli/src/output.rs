//! The one place that prints: results on standard output, everything else on standard error.
//!
//! The first write to standard output that fails is remembered, and nothing is written after it. At the
//! end of the process [`end`] reports it, so no command can lose output without an error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use sealift_workflow::filename::controls_terminal;

use crate::exit_code::ExitCode;

static WRITE_ERROR: OnceLock<io::Error> = OnceLock::new();

/// Whether a part of an archive was written, in which no document may stand.
static HAS_ARCHIVE: AtomicBool = AtomicBool::new(false);

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

/// Writes a document as JSON.
pub(crate) fn json(document: &impl serde::Serialize) {
    write_json(serde_json::to_string_pretty(document));
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
            let style = crate::failure::ERROR;
            error_line(&format!("{style}error:{style:#} could not write to standard output"));
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

/// Escapes every character that controls a terminal, except line feeds, tabs and colours.
///
/// This is the last line of defence: text from untrusted sources is displayed through `Printable`, which
/// escapes those too.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = colour_length(rest).unwrap_or(character.len_utf8());
        let (piece, behind) = rest.split_at(length);
        if length == character.len_utf8()
            && controls_terminal(character)
            && !matches!(character, '\n' | '\t')
        {
            safe.extend(character.escape_default());
        } else {
            safe.push_str(piece);
        }
        rest = behind;
    }
    safe
}

/// Returns the length of the colour sequence (SGR) at the beginning of a text.
fn colour_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
    parameters[end..].starts_with('m').then_some(2 + end + 1)
}

/// Escapes the characters of a JSON text that control a terminal, which stand only inside strings there.
fn safe_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if controls_terminal(character) && character != '\n' {
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_lines_and_tabs_are_kept_and_everything_else_is_escaped() {
        assert_eq!(
            safe("\u{1b}[1;31merror:\u{1b}[0m a\tb\n"),
            "\u{1b}[1;31merror:\u{1b}[0m a\tb\n"
        );
        assert_eq!(safe("\u{1b}[2J\u{1b}]0;x\u{7}"), r"\u{1b}[2J\u{1b}]0;x\u{7}");
        assert_eq!(safe("a\r\u{9b}31m\u{202e}\u{1b}"), r"a\r\u{9b}31m\u{202e}\u{1b}");
        assert_eq!(safe("\u{1b}["), r"\u{1b}[");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = serde_json::json!({ "a\u{9b}": ["\u{202e}\n\u{7f}", "ü"] });
        let text = safe_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| controls_terminal(c) && c != '\n'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
