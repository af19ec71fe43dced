//! Links to other files of the repository, and to headings, that lead nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::docs::files::TextFile;
use crate::docs::finding::Finding;
use crate::docs::markdown;

/// The pages of the book are in this folder.
pub(super) const BOOK: &str = "docs";
pub(super) const SUMMARY: &str = "docs/SUMMARY.md";

/// Returns the dead links of a page.
pub(super) fn dead(root: &Path, page: &TextFile) -> Vec<Finding> {
    let path = root.join(&page.name);
    let folder = path.parent().unwrap_or(root);
    let is_dead = |link: &str| {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if file.is_empty() { path.clone() } else { folder.join(file) };
        let has_anchor = || {
            let text = fs::read_to_string(&target).unwrap_or_default();
            headings(&text).any(|heading| heading == anchor)
        };
        !target.exists() || (!anchor.is_empty() && !has_anchor())
    };
    let dead = links(&page.text).into_iter().filter(|(_, link)| is_dead(link));
    dead.map(|(line, link)| finding(&page.name, line, link)).collect()
}

/// Returns the pages of the book that the rustdoc and the comments of a source file name, but that
/// do not exist.
pub(super) fn dead_mentions(root: &Path, source: &TextFile) -> Vec<Finding> {
    static PAGE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bdocs/[A-Za-z0-9-]+\.md\b").expect("the pattern is valid"));
    let lines = source.text.lines().enumerate();
    let lines = lines.filter(|(_, line)| line.trim_start().starts_with("//"));
    let mentions =
        lines.flat_map(|(number, line)| PAGE.find_iter(line).map(move |found| (number + 1, found)));
    let dead = mentions.filter(|(_, page)| !root.join(page.as_str()).exists());
    dead.map(|(line, page)| finding(&source.name, line, page.as_str())).collect()
}

fn finding(file: &str, line: usize, link: &str) -> Finding {
    Finding { file: file.to_owned(), line, problem: format!("{link} leads nowhere") }
}

/// Returns the links of a page to other files and to headings, with the numbers of their lines.
pub(super) fn links(page: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in markdown::outside_code(page) {
        for (at, mark) in line.match_indices("](") {
            let rest = &line[at + mark.len()..];
            let link = rest.split([')', ' ']).next().unwrap_or_default();
            if !link.contains("://") && !link.starts_with("mailto:") && !link.is_empty() {
                links.push((number, link));
            }
        }
    }
    links
}

/// Returns the anchors of a page's headings, as GitHub creates them.
fn headings(page: &str) -> impl Iterator<Item = String> {
    let headings = markdown::outside_code(page).filter(|(_, line)| line.starts_with('#'));
    headings.map(|(_, line)| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

/// Returns the pages of the book that are missing from its summary.
pub(super) fn left_out(pages: &[TextFile]) -> Vec<Finding> {
    let summary = pages.iter().find(|page| page.name == SUMMARY);
    let links = summary.map(|summary| links(&summary.text)).unwrap_or_default();
    let listed: BTreeSet<String> =
        links.into_iter().map(|(_, link)| format!("{BOOK}/{link}")).collect();
    let of_book = pages.iter().filter(|page| {
        page.name.strip_prefix(BOOK).is_some_and(|rest| rest.starts_with('/'))
            && page.name != SUMMARY
    });
    let missing = of_book.filter(|page| !listed.contains(&page.name));
    let finding = |page: &TextFile| Finding {
        file: page.name.clone(),
        line: 1,
        problem: format!("the page is not in {SUMMARY}"),
    };
    missing.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> TextFile {
        TextFile { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn links_are_found_but_for_those_in_code() {
        let text =
            "[a](b.md) and [c](d.md#e-f), [g](https://h)\n```text\n[i](j)\n```\n[k](#l \"m\")\n";
        assert_eq!(links(text), [(1, "b.md"), (1, "d.md#e-f"), (5, "#l")]);
    }

    #[test]
    fn a_dead_link_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = "# A heading, of sorts\n```text\n# no heading\n```\n";
        fs::write(folder.path().join("a.md"), text).unwrap();
        let dead = |text: &str| -> Vec<String> {
            let found = dead(folder.path(), &file("a.md", text));
            found.iter().map(ToString::to_string).collect()
        };
        assert!(dead("[1](a.md) [2](a.md#a-heading-of-sorts) [3](#a-heading-of-sorts)").is_empty());
        assert_eq!(
            dead("[1](b.md)\n[2](a.md#none) [3](#no-heading)"),
            [
                "a.md:1: b.md leads nowhere",
                "a.md:2: a.md#none leads nowhere",
                "a.md:2: #no-heading leads nowhere"
            ]
        );
    }

    #[test]
    fn a_page_that_a_source_file_names_exists() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        fs::write(folder.path().join("docs/a.md"), "").unwrap();
        let source =
            file("a.rs", "//! See docs/a.md.\n\n// docs/b.md\nlet page = \"docs/c.md\";\n");
        let found = dead_mentions(folder.path(), &source);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["a.rs:3: docs/b.md leads nowhere"]);
    }

    #[test]
    fn every_page_of_the_book_is_in_the_summary() {
        let pages = [
            file(SUMMARY, "- [A](a.md)\n"),
            file("docs/a.md", ""),
            file("docs/b.md", ""),
            file("c.md", ""),
        ];
        let found = left_out(&pages);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "docs/b.md:1: the page is not in docs/SUMMARY.md");
    }
}
