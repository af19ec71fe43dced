//! Lines that other programs print, made safe for a terminal.

use sealift_workflow::filename::Printable;

/// Returns a line of a program's output in a form that is safe to print: with its colours and tabs,
/// and without the sequences that move the cursor, clear the screen or set a title. If no colours
/// are wanted, printing removes them.
pub(crate) fn coloured(line: &str) -> String {
    let mut output = String::new();
    let mut is_coloured = false;
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let sequence = sequence(rest);
        let length = sequence.map_or(character.len_utf8(), |sequence| sequence.length);
        let (piece, behind) = rest.split_at(length);
        match (sequence, character) {
            (Some(sequence), _) if sequence.is_colour => {
                is_coloured = !matches!(piece, "\u{1b}[m" | "\u{1b}[0m");
                output.push_str(piece);
            }
            // Bells and steps back.
            (Some(_), _) | (None, '\u{7}' | '\u{8}') => {}
            // What follows is written over the line, as by a progress bar.
            (None, '\r') => output.clear(),
            (None, '\t') => output.push('\t'),
            (None, _) => output.push_str(&Printable(piece).to_string()),
        }
        rest = behind;
    }
    if is_coloured {
        output.push_str("\u{1b}[0m");
    }
    output
}

/// A control sequence at the beginning of a text.
#[derive(Clone, Copy)]
struct Sequence {
    /// Its length in bytes.
    length: usize,
    /// `true` if it only sets colours and the like.
    is_colour: bool,
}

/// Returns the control sequence (ECMA-48) at the beginning of a text. One without an end is as long
/// as the text.
fn sequence(text: &str) -> Option<Sequence> {
    let first = text.chars().next()?;
    let after_escape = text.strip_prefix('\u{1b}');
    let kind = match after_escape.map(|rest| rest.chars().next()) {
        Some(kind) => kind.unwrap_or_default(),
        // The same introducers as one character.
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
        // A title, a link, or another string with an end mark.
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
    fn colours_and_tabs_are_kept_and_what_moves_the_cursor_is_removed() {
        for (line, expected) in [
            ("a\tb", "a\tb"),
            ("\u{1b}[1;31mred\u{1b}[0m plain", "\u{1b}[1;31mred\u{1b}[0m plain"),
            ("\u{1b}[38:2::1:2:3mx\u{1b}[m", "\u{1b}[38:2::1:2:3mx\u{1b}[m"),
            // A colour ends with its line.
            ("\u{1b}[32mgreen", "\u{1b}[32mgreen\u{1b}[0m"),
            ("\u{1b}[2J\u{1b}[1;1Ha\u{1b}[Kb\u{1b}[?25lc", "abc"),
            ("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b\u{9d}c\u{9c}d", "abd"),
            ("\u{1b}Pq#1\u{1b}\\a\u{1b}(Bb\u{1b}7c\u{1b}=d", "abcd"),
            ("\u{9b}31ma\u{9b}2Jb", "ab"),
            // Only the numbers that set colours.
            ("\u{1b}[>4;1ma\u{1b}[?1mb", "ab"),
            ("10 %\r20 %\rdone", "done"),
            ("a\u{7}\u{8}b", "ab"),
            // What never ends.
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
