//! A paragraph of prose, and where it is in its file.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// The position of a paragraph, on which it depends which rules apply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// The first paragraph of the rustdoc of an item.
    First(Item),
    /// Any other paragraph of rustdoc, a comment, or a paragraph of Markdown.
    Other,
    /// A string literal.
    Literal,
}

/// The kind of an item that has rustdoc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Function {
        /// Whether it has a result.
        returns: bool,
    },
    /// A function that is a test: its rustdoc is a statement on what the code does.
    Test,
    /// A type, a field, a variant, a module, …
    Other,
}

/// The lines of a paragraph, list item, heading, table row or string literal, joined by spaces.
#[derive(Debug)]
pub(super) struct Paragraph {
    pub(super) position: Position,
    text: String,
    /// The offset in the text at which each line begins, and the number of the line in the file.
    lines: Vec<(usize, usize)>,
}

impl Paragraph {
    pub(super) fn new(position: Position) -> Self {
        Self { position, text: String::new(), lines: Vec::new() }
    }

    pub(super) fn push(&mut self, number: usize, line: &str) {
        self.lines.push((self.text.len(), number));
        self.text.push_str(line.trim());
        self.text.push(' ');
    }

    pub(super) fn text(&self) -> &str {
        self.text.trim_end()
    }

    /// Returns the number of the line that has the byte at this offset of the text.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        let before = self.lines.partition_point(|(begin, _)| *begin <= offset);
        self.lines[..before].last().map_or(1, |(_, number)| *number)
    }

    /// Returns the text with everything that is not prose overwritten: code spans, the targets of
    /// links, URLs, HTML tags and the placeholders of format strings. Offsets stay the same.
    pub(super) fn prose(&self) -> String {
        static OTHER: LazyLock<Regex> = LazyLock::new(|| {
            let patterns =
                r"``[^`]+(?:`[^`]+)*``|`[^`]*`|\{[^{}]*\}|\]\([^)]*\)|https?://\S+|<[^>]*>";
            Regex::new(patterns).expect("the pattern is valid")
        });
        overwrite(self.text(), &OTHER)
    }
}

/// Overwrites what a pattern finds, byte by byte, so that offsets stay the same.
pub(super) fn overwrite(text: &str, pattern: &Regex) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = 0;
    for Range { start, end } in pattern.find_iter(text).map(|found| found.range()) {
        result.push_str(&text[rest..start]);
        result.extend(std::iter::repeat_n('`', end - start));
        rest = end;
    }
    result.push_str(&text[rest..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_to_lines() {
        let mut paragraph = Paragraph::new(Position::Other);
        paragraph.push(7, "  one `two ");
        paragraph.push(8, "three` [four](five.md) ");
        assert_eq!(paragraph.text(), "one `two three` [four](five.md)");
        let prose = paragraph.prose();
        assert_eq!(prose, "one ``````````` [four``````````");
        assert_eq!(paragraph.line_at(0), 7);
        assert_eq!(paragraph.line_at(prose.find("four").unwrap()), 8);
    }
}
