//! The lines of an ignore file, before they are parsed as patterns.

use crate::clean::clean;

/// A line with a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The number of the line, counted from 1.
    pub(crate) number: usize,
    /// The pattern, trimmed and cleaned, without a leading slash.
    pub(crate) pattern: Vec<u8>,
}

/// Returns the lines that are neither blank nor comments. A `#` starts a comment only if it is the
/// first byte of the line.
pub(crate) fn read(text: &[u8]) -> impl Iterator<Item = Line> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let lines = text.split(|byte| *byte == b'\n').zip(1..);
    lines.filter(|(line, _)| !line.starts_with(b"#")).filter_map(|(line, number)| {
        let pattern = match trim(line) {
            [] => return None,
            [b'!', pattern @ ..] => [b"!", &shortest(trim(pattern))[..]].concat(),
            pattern => shortest(pattern),
        };
        Some(Line { number, pattern })
    })
}

fn shortest(pattern: &[u8]) -> Vec<u8> {
    if pattern.is_empty() {
        return Vec::new();
    }
    let mut pattern = clean(pattern);
    if pattern.len() > 1 && pattern[0] == b'/' {
        pattern.remove(0);
    }
    pattern
}

/// Removes Unicode white space from both ends. Bytes that are not UTF-8 are not white space.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    let is_space = |bytes: &[u8]| {
        let space = std::str::from_utf8(bytes).ok();
        space.is_some_and(|space| !space.is_empty() && space.chars().all(char::is_whitespace))
    };
    while let Some(length) = (1..=text.len().min(4)).find(|length| is_space(&text[..*length])) {
        text = &text[length..];
    }
    while let Some(length) =
        (1..=text.len().min(4)).find(|length| is_space(&text[text.len() - length..]))
    {
        text = &text[..text.len() - length];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_comments_are_skipped_and_patterns_are_cleaned() {
        let text = concat!(
            "\u{feff}# a comment\n",
            "one\n",
            "/two\r\n",
            "/three/four//five/\n",
            " \t\u{a0}\n",
            "\n",
            " # no comment\u{2003}\n",
            "! /six/../seven \n",
            "!\n",
            "! \n",
            "/\n",
            "!/\n",
            "./eight/.\n",
            "last",
        );
        let lines: Vec<_> = read(text.as_bytes())
            .map(|line| (line.number, String::from_utf8(line.pattern).unwrap()))
            .collect();
        let expected = [
            (2, "one"),
            (3, "two"),
            (4, "three/four/five"),
            (7, "# no comment"),
            (8, "!seven"),
            (9, "!"),
            (10, "!"),
            (11, "/"),
            (12, "!/"),
            (13, "eight"),
            (14, "last"),
        ];
        assert_eq!(lines, expected.map(|(number, pattern)| (number, pattern.to_owned())));
    }

    #[test]
    fn bytes_that_are_not_text_are_not_changed() {
        let lines: Vec<Line> = read(b" \xff\xe9 \n\xc2").collect();
        let expected = [
            Line { number: 1, pattern: b"\xff\xe9".to_vec() },
            Line { number: 2, pattern: b"\xc2".to_vec() },
        ];
        assert_eq!(lines, expected);
    }
}
