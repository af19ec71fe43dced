//! The prose in Markdown.

use crate::docs::paragraph::{Paragraph, Position};

/// Returns the paragraphs of numbered lines. List items, headings and table rows are paragraphs of
/// their own. Code blocks and HTML comments are left out.
pub(super) fn paragraphs<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    let mut open: Option<Paragraph> = None;
    let mut is_code = false;
    for (number, line) in lines {
        let line = line.trim();
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        let stands_alone = line.starts_with(['#', '|']);
        if is_fence || is_code || line.is_empty() || line.starts_with("<!--") || stands_alone {
            paragraphs.extend(open.take());
        }
        if is_fence || is_code || line.is_empty() || line.starts_with("<!--") {
            continue;
        }
        if begins_list_item(line) {
            paragraphs.extend(open.take());
        }
        open.get_or_insert_with(|| Paragraph::new(Position::Other)).push(number, line);
        if stands_alone {
            paragraphs.extend(open.take());
        }
    }
    paragraphs.extend(open);
    paragraphs
}

/// Returns the paragraphs of a page.
pub(super) fn of_page(page: &str) -> Vec<Paragraph> {
    paragraphs(page.lines().enumerate().map(|(number, line)| (number + 1, line)))
}

/// Returns the lines of a page outside of its code blocks, with their numbers.
pub(super) fn outside_code(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    page.lines().enumerate().filter_map(move |(number, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((number + 1, line))
    })
}

fn begins_list_item(line: &str) -> bool {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    line.starts_with("- ")
        || line.starts_with("* ")
        || (digits > 0 && line[digits..].starts_with(". "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_items_headings_and_rows_are_paragraphs() {
        let page = "# A\nB\nC\n- D\n  E\n1. F\n\n| G |\n| H |\n```text\nI\n```\n<!-- J -->\nK\n";
        let found = of_page(page);
        let found: Vec<_> = found.iter().map(|found| (found.line_at(0), found.text())).collect();
        assert_eq!(
            found,
            [
                (1, "# A"),
                (2, "B C"),
                (4, "- D E"),
                (6, "1. F"),
                (8, "| G |"),
                (9, "| H |"),
                (14, "K")
            ]
        );
        assert_eq!(outside_code("a\n```\nb\n```\nc\n").count(), 2);
    }
}
