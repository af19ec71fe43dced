//! A look at the site in a browser: `look.js`, driven by node.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{browser, run, say};

/// Opens each page of the site, narrow and wide, light and dark, and takes a screenshot of each.
/// Returns an error if a page is wider than the window or is not accessible.
pub(super) fn at(site: &Path, pages: &BTreeMap<String, String>, pictures: &Path) -> Result<()> {
    let browser = browser::for_tests().context("there is no browser to look at the site with")?;
    let (command, packages) = browser.split_once('|').context("the browser has no packages")?;
    if pictures.exists() {
        fs::remove_dir_all(pictures)?;
    }
    fs::create_dir_all(pictures)?;
    let script = pictures.join("look.js");
    fs::write(&script, include_str!("look.js"))?;
    let mut node = Command::new("node");
    node.arg(&script).args([site, Path::new(command), Path::new(packages), pictures]);
    let found = run::read(node.args(pages.keys()))?;
    fs::remove_file(&script)?;
    fs::write(pictures.join("index.html"), contact_sheet(pages))?;
    let found: Vec<String> =
        serde_json::from_str(&found).context("the browser's report is not a list")?;
    found.iter().for_each(say::line);
    ensure!(found.is_empty(), "the site has {} problems", found.len());
    Ok(())
}

/// Returns a page that shows all pictures.
fn contact_sheet(pages: &BTreeMap<String, String>) -> String {
    let mut sheet = "<!doctype html>\n<title>Pages of the site</title>\n\
                     <style>img { vertical-align: top; width: 22%; margin: 1% }</style>\n"
        .to_owned();
    for page in pages.keys() {
        let name = page.trim_end_matches(".html");
        let _ = writeln!(sheet, "<h2>{name}</h2>");
        for scheme in ["light", "dark"] {
            for width in ["320", "1280"] {
                let _ = writeln!(sheet, "<img alt=\"\" src=\"{name}-{width}-{scheme}.png\">");
            }
        }
    }
    sheet
}
