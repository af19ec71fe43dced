//! Lines that are too long.

use crate::docs::finding::Finding;
use crate::docs::markdown;

/// The longest line of rustdoc and comments, in characters.
const RUST: usize = 100;

/// The longest line of Markdown, in characters.
const MARKDOWN: usize = 120;

/// Returns the comments of a Rust source file that are too long. Code in rustdoc, rows of tables,
/// and lines with links cannot be wrapped.
pub(super) fn of_source(file: &str, source: &str) -> Vec<Finding> {
    let lines = source.lines().enumerate().map(|(number, line)| (number + 1, line));
    let mut is_code = false;
    let comments = lines.filter(|(_, line)| {
        let comment = line.trim_start();
        let text = comment.trim_start_matches(['/', '!']).trim_start();
        let is_comment = comment.starts_with("//");
        is_code = is_comment && (is_code ^ text.starts_with("```"));
        is_comment && !is_code && !text.starts_with('|')
    });
    too_long(file, comments, RUST)
}

/// Returns the lines of a Markdown page that are too long. Code, rows of tables, and lines with
/// links are exempt.
pub(super) fn of_page(file: &str, page: &str) -> Vec<Finding> {
    let lines = markdown::outside_code(page).filter(|(_, line)| {
        let line = line.trim_start();
        !line.starts_with(['|', '<'])
    });
    too_long(file, lines, MARKDOWN)
}

fn too_long<'a>(
    file: &str,
    lines: impl Iterator<Item = (usize, &'a str)>,
    limit: usize,
) -> Vec<Finding> {
    let long = lines.filter(|(_, line)| {
        line.chars().count() > limit && !line.contains("](") && !line.contains("://")
    });
    let finding = |(number, line): (usize, &str)| Finding {
        file: file.to_owned(),
        line: number,
        problem: format!("{} columns, wrap at {limit}", line.chars().count()),
    };
    long.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_wrap_at_100_columns() {
        let (fits, long) = ("a".repeat(97), "a".repeat(98));
        let source = format!(
            "// {fits}\n    // {long}\nlet code = \"{long}\";\n/// | {long} |\n\
                              /// ```\n/// {long}\n/// ```\n"
        );
        let found = of_source("a.rs", &source);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["a.rs:2: 105 columns, wrap at 100"]);
    }

    #[test]
    fn pages_wrap_at_120_columns() {
        let long = "a ".repeat(61);
        let page = format!("{long}\n| {long} |\n[a](b.md) {long}\n```text\n{long}\n```\n");
        assert_eq!(of_page("a.md", &page).len(), 1);
    }
}
