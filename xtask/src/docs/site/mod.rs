//! `cargo xtask docs --site`: the book as a site in `target/site`, and a look at it.
//!
//! mdBook builds the pages that `docs/SUMMARY.md` lists. Links to other files of the repository
//! would be dead in the site, so it is built from a copy of the book in which they are URLs. Then
//! the links of the result are checked, and every page is opened in a browser.

mod html;
mod look;
mod outside;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::docs::files;
use crate::docs::links;
use crate::{cargo_tools, metadata, run, say, workspace};

const CONFIGURATION: &str = "book.toml";

pub(super) fn run() -> Result<()> {
    let mdbook = cargo_tools::find_or_install("mdbook")?;
    let source = copy()?;
    let site = workspace::target().join("site");
    let mut build = Command::new(mdbook);
    build.arg("build").arg(&source).arg("--dest-dir").arg(&site);
    ensure!(run::shown(&mut build)?, "mdBook cannot build the book");
    let pages = html::pages(&site)?;
    let dead = html::dead_links(&site, &pages);
    dead.iter().for_each(say::line);
    ensure!(dead.is_empty(), "the site has {} dead links", dead.len());
    let pictures = workspace::target().join("site-screenshots");
    look::at(&site, &pages, &pictures)?;
    say::step(format_args!(
        "{} pages are in {}; pictures of them in {}",
        pages.len(),
        site.display(),
        pictures.display()
    ));
    Ok(())
}

/// Copies the book and its configuration to where mdBook builds it from. Returns the folder.
fn copy() -> Result<PathBuf> {
    let root = workspace::root();
    let folder = workspace::target().join("site-source");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join(links::BOOK))?;
    fs::copy(root.join(CONFIGURATION), folder.join(CONFIGURATION)).context(CONFIGURATION)?;
    let repository = repository(root)?;
    let pages = files::with_extension(root, "md")?;
    let book = outside::Book::new(&pages, &repository)?;
    for entry in fs::read_dir(root.join(links::BOOK))? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.path().extension().is_none_or(|extension| extension != "md") {
            fs::copy(entry.path(), folder.join(links::BOOK).join(name))?;
        }
    }
    for page in book.pages() {
        fs::write(folder.join(&page.name), book.rewritten(page))?;
    }
    Ok(folder)
}

/// Returns the URL of the repository, from the workspace's manifest.
fn repository(root: &Path) -> Result<String> {
    let metadata = metadata::read(root, &["--locked", "--no-deps"])?;
    let mut packages = metadata::published(&metadata);
    let url = packages.find_map(|package| package["repository"].as_str());
    Ok(url.context("no package names the repository")?.to_owned())
}
