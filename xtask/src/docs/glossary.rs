//! The glossary: each term is used, and each word that a page marks as a term has an entry.
//!
//! A page marks a term by italics (`*block index*`) or by a link to the glossary
//! (`[records](glossary.md)`).

use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use regex::{Regex, RegexSet};

use crate::docs::files::TextFile;
use crate::docs::finding::Finding;
use crate::docs::markdown;

pub(super) const PAGE: &str = "docs/glossary.md";

/// The terms of the glossary, with the numbers of their lines.
#[derive(Debug)]
pub(super) struct Glossary {
    terms: Vec<(usize, String)>,
}

impl Glossary {
    pub(super) fn read(pages: &[TextFile]) -> Result<Self> {
        let page = pages.iter().find(|page| page.name == PAGE);
        Ok(Self::parse(&page.with_context(|| format!("there is no {PAGE}"))?.text))
    }

    /// Reads the first column of the table.
    fn parse(page: &str) -> Self {
        let rows = page.lines().enumerate().filter_map(|(number, line)| {
            let cell = line.strip_prefix("| ")?.split(" | ").next()?;
            Some((number + 1, cell))
        });
        // The first row is the head.
        let terms = rows.skip(1).flat_map(|(number, cell)| {
            cell.split(", ").map(move |term| (number, term.trim().to_lowercase()))
        });
        Self { terms: terms.collect() }
    }

    /// Returns `true` if a word, or the plural of a word, has an entry.
    pub(super) fn has(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let is = |word: &str| self.terms.iter().any(|(_, term)| term == word);
        is(&word) || word.strip_suffix('s').is_some_and(is)
    }

    /// Returns the terms that no other page uses.
    pub(super) fn unused(&self, pages: &[&TextFile]) -> Vec<Finding> {
        let patterns = self.terms.iter().map(|(_, term)| {
            let stem = term.strip_suffix('y').unwrap_or(term);
            format!(r"(?i)\b{}(y|ies|s|ed|es|ing)?\b", regex::escape(stem))
        });
        let Ok(patterns) = RegexSet::new(patterns) else { return Vec::new() };
        let mut is_used = vec![false; self.terms.len()];
        for page in pages.iter().filter(|page| page.name != PAGE) {
            for paragraph in markdown::of_page(&page.text) {
                patterns.matches(&paragraph.prose()).iter().for_each(|term| is_used[term] = true);
            }
        }
        let unused = self.terms.iter().zip(is_used).filter(|(_, is_used)| !is_used);
        let problem = |term: &str| format!("no page uses the term \"{term}\"");
        unused.map(|((line, term), _)| finding(PAGE, *line, problem(term))).collect()
    }

    /// Returns the words of a page that are marked as terms, but have no entry.
    pub(super) fn missing(&self, page: &TextFile) -> Vec<Finding> {
        static MARKED: LazyLock<Regex> = LazyLock::new(|| {
            let patterns = r"\[([^\]]+)\]\(glossary\.md[^)]*\)|(?:^|[\s(])[*_]([A-Za-z][A-Za-z -]*)[*_](?:$|[\s,.;:)])";
            Regex::new(patterns).expect("the pattern is valid")
        });
        let mut found = Vec::new();
        for paragraph in markdown::of_page(&page.text) {
            for marked in MARKED.captures_iter(paragraph.text()) {
                let Some(term) = marked.get(1).or(marked.get(2)) else { continue };
                if !self.has(term.as_str()) && !term.as_str().eq_ignore_ascii_case("glossary") {
                    let problem =
                        format!("\"{}\" is marked as a term, but is not in {PAGE}", term.as_str());
                    found.push(finding(&page.name, paragraph.line_at(term.start()), problem));
                }
            }
        }
        found
    }
}

fn finding(file: &str, line: usize, problem: String) -> Finding {
    Finding { file: file.to_owned(), line, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: &str = "# Glossary\n\n| term | means |\n|---|---|\n| block index | a, b |\n\
                         | image id, id | c |\n| identity | d |\n";

    fn page(text: &str) -> TextFile {
        TextFile { name: "docs/a.md".to_owned(), text: text.to_owned() }
    }

    fn lines(found: &[Finding]) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn terms_are_the_first_column() {
        let glossary = Glossary::parse(TERMS);
        let terms: Vec<_> = glossary.terms.iter().map(|(_, term)| term.as_str()).collect();
        assert_eq!(terms, ["block index", "image id", "id", "identity"]);
        assert!(glossary.has("Ids") && !glossary.has("index"));
    }

    #[test]
    fn a_term_that_no_page_uses_is_found() {
        let glossary = Glossary::parse(TERMS);
        let found = glossary.unused(&[&page("Identities, and the image id. `block index`")]);
        assert_eq!(lines(&found), ["docs/glossary.md:5: no page uses the term \"block index\""]);
    }

    #[test]
    fn a_marked_term_without_an_entry_is_found() {
        let glossary = Glossary::parse(TERMS);
        let text = "The *block index* and *identities*,\nthe [ids](glossary.md), the [record](glossary.md).\n\
                    See the [glossary](glossary.md); **bold** words and a_b_c are no terms.\n";
        let found = glossary.missing(&page(text));
        assert_eq!(
            lines(&found),
            [
                "docs/a.md:1: \"identities\" is marked as a term, but is not in docs/glossary.md",
                "docs/a.md:2: \"record\" is marked as a term, but is not in docs/glossary.md"
            ]
        );
    }
}
