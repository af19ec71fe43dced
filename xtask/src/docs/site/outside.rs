//! Links of the book to files that are not pages of it.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use anyhow::{Context as _, Result};

use crate::docs::files::TextFile;
use crate::docs::links;

/// The pages that the summary lists, and the summary.
pub(super) struct Book<'a> {
    pages: Vec<&'a TextFile>,
    names: BTreeSet<&'a str>,
    /// URL of the repository.
    repository: &'a str,
}

impl<'a> Book<'a> {
    pub(super) fn new(files: &'a [TextFile], repository: &'a str) -> Result<Self> {
        let summary = files.iter().find(|file| file.name == links::SUMMARY);
        let summary = summary.with_context(|| format!("there is no {}", links::SUMMARY))?;
        let listed: BTreeSet<String> = links::links(&summary.text)
            .into_iter()
            .filter_map(|(_, link)| resolved(&summary.name, link))
            .collect();
        let pages: Vec<&TextFile> = files
            .iter()
            .filter(|file| file.name == summary.name || listed.contains(&file.name))
            .collect();
        let names = pages.iter().map(|page| &page.name[..]).filter(|name| *name != summary.name);
        let names = names.collect();
        Ok(Self { pages, names, repository })
    }

    pub(super) fn pages(&self) -> impl Iterator<Item = &'a TextFile> {
        self.pages.iter().copied()
    }

    /// Returns the text of a page in which links to files that are not in the site are URLs.
    pub(super) fn rewritten(&self, page: &TextFile) -> String {
        let mut text = String::with_capacity(page.text.len());
        let mut links = links::links(&page.text).into_iter().peekable();
        for (number, line) in page.text.split_inclusive('\n').enumerate() {
            let mut line = line.to_owned();
            while let Some((_, link)) = links.next_if(|(of, _)| *of == number + 1) {
                if let Some(url) = self.url(page, link) {
                    line = line.replace(&format!("]({link}"), &format!("]({url}"));
                }
            }
            text.push_str(&line);
        }
        text
    }

    /// Returns the URL of a link's target, unless the target is in the site.
    fn url(&self, page: &TextFile, link: &str) -> Option<String> {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let name = resolved(&page.name, file)?;
        let is_picture = name.starts_with(links::BOOK) && !name.ends_with(".md");
        if file.is_empty() || is_picture || self.names.contains(&name[..]) {
            return None;
        }
        let anchor = if anchor.is_empty() { String::new() } else { format!("#{anchor}") };
        Some(format!("{}/blob/main/{name}{anchor}", self.repository))
    }
}

/// Returns the path, relative to the repository, that a link on a page leads to.
fn resolved(page: &str, link: &str) -> Option<String> {
    let file = link.split('#').next()?;
    let folder = Path::new(page).parent()?;
    let mut parts: Vec<&str> = Vec::new();
    let path = folder.join(file);
    for part in path.components() {
        match part {
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => {}
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> TextFile {
        TextFile { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn only_links_to_files_outside_of_the_site_become_urls() {
        let page = "[a](a.md#b), [c](c.md), [d](../d/README.md#e) [d](../d)\n[f](f.svg) [g](#g)\n";
        let files = [
            file("docs/SUMMARY.md", "- [A](a.md)\n- [P](p.md)\n"),
            file("docs/a.md", ""),
            file("docs/p.md", page),
            file("docs/c.md", ""),
        ];
        let book = Book::new(&files, "https://example.org/s").unwrap();
        let names: Vec<_> = book.pages().map(|page| page.name.as_str()).collect();
        assert_eq!(names, ["docs/SUMMARY.md", "docs/a.md", "docs/p.md"]);
        assert_eq!(
            book.rewritten(&files[2]),
            "[a](a.md#b), [c](https://example.org/s/blob/main/docs/c.md), \
             [d](https://example.org/s/blob/main/d/README.md#e) \
             [d](https://example.org/s/blob/main/d)\n[f](f.svg) [g](#g)\n"
        );
    }

    #[test]
    fn a_link_above_the_repository_is_left_alone() {
        assert_eq!(resolved("docs/a.md", "../../b"), None);
        assert_eq!(resolved("docs/a.md", "../b/c.md#d").as_deref(), Some("b/c.md"));
    }
}
