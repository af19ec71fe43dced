//! Links in the pages of the site that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use regex::Regex;

/// Pages that mdBook creates itself: all pages in one, the table of contents, and the error page.
const GENERATED: &[&str] = &["print.html", "toc.html", "404.html"];

/// Returns the names and the texts of the site's pages.
pub(super) fn pages(site: &Path) -> Result<BTreeMap<String, String>> {
    let mut pages = BTreeMap::new();
    for entry in fs::read_dir(site).with_context(|| site.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".html") && !GENERATED.contains(&&name[..]) {
            pages.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(pages)
}

/// Returns a line for each link of a page to a file or a heading that is not in the site.
pub(super) fn dead_links(site: &Path, pages: &BTreeMap<String, String>) -> Vec<String> {
    let anchors: BTreeMap<&str, BTreeSet<&str>> =
        pages.iter().map(|(name, page)| (&name[..], ids(page))).collect();
    let mut dead = BTreeSet::new();
    for (name, page) in pages {
        for link in links(page) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { name } else { file };
            let has_anchor = || anchors.get(target).is_none_or(|ids| ids.contains(anchor));
            if !site.join(target).exists() || (!anchor.is_empty() && !has_anchor()) {
                dead.insert(format!("{name}: {link} leads nowhere"));
            }
        }
    }
    dead.into_iter().collect()
}

/// Returns the relative links of a page, and the addresses of its pictures.
fn links(page: &str) -> impl Iterator<Item = &str> {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"\b(?:href|src)="([^"]+)""#).expect("the pattern is valid"));
    let links = LINK.captures_iter(page).filter_map(|found| found.get(1));
    links.map(|link| link.as_str()).filter(|link| {
        !link.contains("://") && !link.starts_with("data:") && !link.starts_with("mailto:")
    })
}

/// Returns the anchors of a page.
fn ids(page: &str) -> BTreeSet<&str> {
    static ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"\bid="([^"]+)""#).expect("the pattern is valid"));
    ID.captures_iter(page).filter_map(|found| found.get(1)).map(|id| id.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_missing_pages_and_headings_are_named() {
        let site = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a.html", r##"<a href="b.html#x"> <a href="b.html#y"> <a href="#z"> <h2 id="w">"##),
            ("b.html", r#"<h2 id="x"> <img src="c.png"> <a href="https://example.org/d">"#),
            ("print.html", r#"<a href="e.html">"#),
        ] {
            fs::write(site.path().join(name), text).unwrap();
        }
        let pages = pages(site.path()).unwrap();
        assert_eq!(
            dead_links(site.path(), &pages),
            [
                "a.html: #z leads nowhere",
                "a.html: b.html#y leads nowhere",
                "b.html: c.png leads nowhere"
            ]
        );
    }
}
