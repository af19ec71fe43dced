//! Errors of the argument parser.

use sealift_workflow::ErrorKind;
use sealift_workflow::filename::Printable;
use serde_json::{Value, json};

use crate::exit_code::ExitCode;
use crate::output;

/// Prints an error of the argument parser, with `--json` also as a document.
pub(crate) fn show(error: &clap::Error, json: bool) -> ExitCode {
    let text = error.render();
    if json {
        output::json(&json!({ "error": document(&text.to_string()) }));
    }
    let arguments: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    output::error_line(with_printable(text.ansi().to_string(), &arguments).trim_end());
    ExitCode::USAGE
}

/// Escapes all occurrences of the arguments, and of their parts after `=`, in a text.
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

/// Converts the text of an error to JSON. The first paragraph is the message, and tips become the
/// hint.
fn document(text: &str) -> Value {
    let mut paragraphs = text.split("\n\n").map(str::trim);
    let message = paragraphs.next().unwrap_or_default();
    let tips: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    let hint = if tips.is_empty() { None } else { Some(tips.join("; ")) };
    json!({
        "code": ErrorKind::Usage,
        "message": message.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" "),
        "causes": [],
        "hint": hint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_first_paragraph_and_the_tips() {
        let text = "error: unrecognized subcommand 'lsit'\n\n  tip: a similar subcommand exists: 'list'\n\n\
                    Usage: sealift [OPTIONS] [COMMAND]\n\nFor more information, try '--help'.\n";
        let expected = json!({
            "code": "usage",
            "message": "unrecognized subcommand 'lsit'",
            "causes": [],
            "hint": "a similar subcommand exists: 'list'",
        });
        assert_eq!(document(text), expected);
    }
}
