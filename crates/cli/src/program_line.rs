//! Output lines of other programs, made safe for a terminal.

use sealift_workflow::filename::Printable;

/// Returns a line of output in a form that is safe to print. It keeps colours and tabs, and removes
/// control sequences that move the cursor, clear the screen or set a title. Colours are removed
/// when the line is printed, if they are disabled.
pub(crate) fn coloured(line: &str) -> String {
    let mut output = String::new();
    let mut is_coloured = false;
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let sequence = sequence(rest);
        let length = sequence.map_or(character.len_utf8(), |sequence| sequence.length);
        let (piece, after) = rest.split_at(length);
        match (sequence, character) {
            (Some(sequence), _) if sequence.is_colour => {
                is_coloured = !matches!(piece, "\u{1b}[m" | "\u{1b}[0m");
                output.push_str(piece);
            }
            // Other sequences, bells and backspaces.
            (Some(_), _) | (None, '\u{7}' | '\u{8}') => {}
            // The following text overwrites the line, as progress bars do.
            (None, '\r') => output.clear(),
            (None, '\t') => output.push('\t'),
            (None, _) => output.push_str(&Printable(piece).to_string()),
        }
        rest = after;
    }
    if is_coloured {
        output.push_str("\u{1b}[0m");
    }
    output
}

/// A control sequence.
#[derive(Clone, Copy)]
struct Sequence {
    /// The length in bytes.
    length: usize,
    /// Whether it only sets colours or other text attributes.
    is_colour: bool,
}

/// Returns the control sequence (ECMA-48) at the beginning of a text. An unterminated sequence
/// extends to the end of the text.
///
/// A sequence is introduced by ESC and a character, or by one C1 control character. Strings (OSC,
/// DCS and others) end with a terminator. CSI sequences consist of parameters and a final byte.
fn sequence(text: &str) -> Option<Sequence> {
    let first = text.chars().next()?;
    let after_escape = text.strip_prefix('\u{1b}');
    let kind = match after_escape.map(|rest| rest.chars().next()) {
        Some(kind) => kind.unwrap_or_default(),
        // C1 control characters.
        None => match first {
            '\u{90}' => 'P',
            '\u{98}' => 'X',
            '\u{9b}' => '[',
            '\u{9d}' => ']',
            '\u{9e}' => '^',
            '\u{9f}' => '_',
            _ => return None,
        },
    };
    let is_string = matches!(kind, 'P' | 'X' | ']' | '^' | '_');
    let body = match after_escape {
        None => &text[first.len_utf8()..],
        Some(rest) if is_string || kind == '[' => &rest[1..],
        Some(rest) => rest,
    };
    let (length, is_colour) = if is_string {
        // A title, a link or another string, up to its terminator.
        let ends = ["\u{7}", "\u{9c}", "\u{1b}\\"];
        let end = ends.iter().filter_map(|end| Some(body.find(end)? + end.len())).min();
        (end.unwrap_or(body.len()), false)
    } else {
        let parameters = if kind == '[' { ' '..='?' } else { ' '..='/' };
        let count = body.find(|c| !parameters.contains(&c)).unwrap_or(body.len());
        let last = body[count..].chars().next().filter(|c| matches!(c, '0'..='~'));
        let has_only_numbers =
            body[..count].bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
        let is_colour =
            kind == '[' && after_escape.is_some() && last == Some('m') && has_only_numbers;
        (count + last.map_or(0, char::len_utf8), is_colour)
    };
    Some(Sequence { length: text.len() - body.len() + length, is_colour })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_tabs_are_kept_and_other_sequences_are_removed() {
        for (line, expected) in [
            ("a\tb", "a\tb"),
            ("\u{1b}[1;31mred\u{1b}[0m plain", "\u{1b}[1;31mred\u{1b}[0m plain"),
            ("\u{1b}[38:2::1:2:3mx\u{1b}[m", "\u{1b}[38:2::1:2:3mx\u{1b}[m"),
            // Colours are reset at the end of a line.
            ("\u{1b}[32mgreen", "\u{1b}[32mgreen\u{1b}[0m"),
            ("\u{1b}[2J\u{1b}[1;1Ha\u{1b}[Kb\u{1b}[?25lc", "abc"),
            ("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b\u{9d}c\u{9c}d", "abd"),
            ("\u{1b}Pq#1\u{1b}\\a\u{1b}(Bb\u{1b}7c\u{1b}=d", "abcd"),
            ("\u{9b}31ma\u{9b}2Jb", "ab"),
            // Private parameters do not set colours.
            ("\u{1b}[>4;1ma\u{1b}[?1mb", "ab"),
            ("10 %\r20 %\rdone", "done"),
            ("a\u{7}\u{8}b", "ab"),
            // Unterminated sequences.
            ("a\u{1b}", "a"),
            ("a\u{1b}[", "a"),
            ("a\u{1b}[12", "a"),
            ("a\u{1b}]0;title", "a"),
            ("\u{1b}é", "é"),
            ("\u{202e}a\u{0}\u{85}", "\\u{202e}a\\u{0}\\u{85}"),
        ] {
            assert_eq!(coloured(line), expected, "{line:?}");
        }
    }
}
