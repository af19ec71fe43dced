//! Escapes for everything that is printed, in addition to `Printable`.

use std::fmt::Write as _;

use sealift_workflow::filename::controls_terminal;

/// Escapes every character that controls a terminal, except line feeds, tabs and colours.
///
/// Text from untrusted sources is formatted with `Printable`, which also escapes those.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = colour_length(rest).unwrap_or(character.len_utf8());
        let (piece, after) = rest.split_at(length);
        if length == character.len_utf8()
            && controls_terminal(character)
            && !matches!(character, '\n' | '\t')
        {
            safe.extend(character.escape_default());
        } else {
            safe.push_str(piece);
        }
        rest = after;
    }
    safe
}

/// Returns the length of the colour sequence (SGR) at the beginning of a text.
fn colour_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
    parameters[end..].starts_with('m').then_some(2 + end + 1)
}

/// Escapes every character of a JSON document that controls a terminal, except line feeds. Such
/// characters occur only in strings, so the document keeps its meaning.
pub(crate) fn safe_json(text: &str) -> String {
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
