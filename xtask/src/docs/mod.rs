//! `cargo xtask docs` writes the generated pages. `--check` compares them, and checks the links,
//! lines and words of all pages and comments. `--site` builds the book as a site.

mod files;
mod finding;
mod glossary;
mod language;
mod lines;
mod links;
mod markdown;
mod paragraph;
mod reference;
mod rust_source;
mod site;

use std::fs;

use anyhow::{Result, ensure};
use clap::Args;

use crate::docs::files::TextFile;
use crate::docs::finding::Finding;
use crate::docs::glossary::Glossary;
use crate::docs::language::Language;
use crate::{builds, dependencies, say, workspace};

/// Alternatives to writing the generated pages.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct DocsArguments {
    /// Check that generated pages are up to date, that no link is dead, that lines are short, and
    /// that the prose avoids what is listed in xtask/language.toml
    #[arg(long)]
    check: bool,
    /// Check only the prose, of all files or of those below these paths; builds nothing
    #[arg(long, value_name = "PATH", num_args = 0..)]
    prose: Option<Vec<String>>,
    /// Build the book into target/site, and look at each page in a browser
    #[arg(long)]
    site: bool,
}

pub(crate) fn run(arguments: &DocsArguments) -> Result<()> {
    if let Some(paths) = &arguments.prose {
        return check_prose(paths);
    }
    if arguments.check {
        return check();
    }
    if arguments.site {
        return site::run();
    }
    for (name, text) in generated()? {
        fs::write(workspace::root().join(name), text)?;
        say::step(format_args!("wrote {name}"));
    }
    Ok(())
}

/// Returns the names and the texts of the generated pages.
fn generated() -> Result<[(&'static str, String); 2]> {
    builds::command()?;
    Ok([
        (reference::PAGE, reference::page(&workspace::target().join("debug/sealift"))?),
        (dependencies::PAGE, dependencies::page()?),
    ])
}

/// Checks everything about the documents but their examples, which tests run (`tests/src/book.rs`).
pub(crate) fn check() -> Result<()> {
    let (pages, sources) = files()?;
    let mut found = Vec::new();
    for (name, text) in generated()? {
        let page = pages.iter().find(|page| page.name == name);
        if page.is_none_or(|page| page.text != text) {
            found.push(Finding {
                file: name.to_owned(),
                line: 1,
                problem: "the page is out of date; run `cargo xtask docs`".to_owned(),
            });
        }
    }
    let root = workspace::root();
    found.extend(pages.iter().flat_map(|page| links::dead(root, page)));
    found.extend(sources.iter().flat_map(|source| links::dead_mentions(root, source)));
    found.extend(links::left_out(&pages));
    found.extend(prose(&pages, &sources, &[])?);
    report(&pages, &sources, found)
}

fn check_prose(paths: &[String]) -> Result<()> {
    let (pages, sources) = files()?;
    let found = prose(&pages, &sources, paths)?;
    report(&pages, &sources, found)
}

/// Returns the Markdown pages and the Rust sources of the repository.
fn files() -> Result<(Vec<TextFile>, Vec<TextFile>)> {
    let root = workspace::root();
    Ok((files::with_extension(root, "md")?, files::with_extension(root, "rs")?))
}

/// Checks the words and the lines of all files, or of those below the given paths. The glossary is
/// checked with all files.
fn prose(pages: &[TextFile], sources: &[TextFile], paths: &[String]) -> Result<Vec<Finding>> {
    let language = Language::read()?;
    let terms = Glossary::read(pages)?;
    language.check_terms(|term| terms.has(term))?;
    let is_chosen = |file: &&TextFile| {
        let path = std::path::Path::new(&file.name);
        paths.is_empty() || paths.iter().any(|chosen| path.starts_with(chosen))
    };
    let mut found = Vec::new();
    for page in pages.iter().filter(is_chosen) {
        found.extend(lines::of_page(&page.name, &page.text));
        found.extend(language.check(&page.name, &markdown::of_page(&page.text)));
    }
    for source in sources.iter().filter(is_chosen) {
        found.extend(lines::of_source(&source.name, &source.text));
        found.extend(language.check(&source.name, &rust_source::paragraphs(&source.text)));
    }
    if paths.is_empty() {
        found.extend(language.unused_exceptions());
        found.extend(glossary(&terms, pages));
    }
    Ok(found)
}

/// Checks that each term is used, and that each marked term has an entry.
fn glossary(glossary: &Glossary, pages: &[TextFile]) -> Vec<Finding> {
    let book: Vec<&TextFile> =
        pages.iter().filter(|page| page.name.starts_with(links::BOOK)).collect();
    let mut found = glossary.unused(&book);
    found.extend(book.iter().flat_map(|page| glossary.missing(page)));
    found
}

fn report(pages: &[TextFile], sources: &[TextFile], mut found: Vec<Finding>) -> Result<()> {
    found.sort();
    found.iter().for_each(say::line);
    ensure!(found.is_empty(), "the documents have {} problems", found.len());
    say::step(format_args!(
        "{} pages and {} source files are in order; `cargo xtask test -- -p sealift-tests book` runs \
         the examples",
        pages.len(),
        sources.len()
    ));
    Ok(())
}
