//! `cargo xtask docs` writes the generated pages; with `--check` it compares them, and checks that
//! no link is dead and that every page is in the summary. (Tests run the examples in the pages.)

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{builds, dependencies, run, say, workspace};

const REFERENCE: &str = "docs/commands.md";

pub(crate) fn run(is_check: bool) -> Result<()> {
    builds::command()?;
    let made = [
        (REFERENCE, reference(&workspace::target().join("debug/sealift"))?),
        (dependencies::PAGE, dependencies::page()?),
    ];
    if !is_check {
        for (name, text) in made {
            fs::write(workspace::root().join(name), text)?;
            say::step(format_args!("{name} is written"));
        }
        return Ok(());
    }
    let mut wrong = Vec::new();
    for (name, text) in made {
        if fs::read_to_string(workspace::root().join(name)).ok().as_deref() != Some(&text) {
            wrong.push(format!("{name} isn't what is so now: `cargo xtask docs` writes it"));
        }
    }
    let pages = pages(workspace::root())?;
    for page in &pages {
        let text = fs::read_to_string(page)?;
        wrong.extend(dead_links(page, &text));
    }
    wrong.extend(left_out(workspace::root(), &pages)?);
    ensure!(wrong.is_empty(), "the documents are not in order:\n  {}", wrong.join("\n  "));
    say::step(format_args!("{} pages: no drift, no dead link", pages.len()));
    Ok(())
}

/// Collects the help of every command.
fn reference(sealift: &Path) -> Result<String> {
    let help = |command: &[&str]| -> Result<String> {
        let mut call = Command::new(sealift);
        run::read(call.args(command).arg("--help").env("COLUMNS", "80"))
    };
    let whole = help(&[])?;
    let mut text =
        "# Commands\n\nWhat `sealift COMMAND --help` prints; made by `cargo xtask docs`.\n"
            .to_owned();
    let mut add = |title: &str, help: &str| {
        let _ = write!(text, "\n## {title}\n\n```text\n{}\n```\n", help.trim_end());
    };
    add("sealift", &whole);
    // `help` is described by every page.
    for command in commands(&whole).into_iter().filter(|command| *command != "help") {
        let page = help(&[command])?;
        add(&format!("sealift {command}"), &page);
        for below in commands(&page) {
            add(&format!("sealift {command} {below}"), &help(&[command, below])?);
        }
    }
    Ok(text)
}

/// Reads the names of commands in a help.
fn commands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let names = lines
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    names.collect()
}

/// Returns every Markdown page of the repository.
fn pages(root: &Path) -> Result<Vec<PathBuf>> {
    let list = run::read(Command::new("git").args(["ls-files", "*.md"]).current_dir(root));
    let list = list.context("git knows which pages there are")?;
    Ok(list.lines().map(|line| root.join(line)).filter(|page| page.is_file()).collect())
}

/// Names the links of a page that lead nowhere.
fn dead_links(page: &Path, text: &str) -> Vec<String> {
    let folder = page.parent().unwrap_or(Path::new("."));
    let is_dead = |link: &&str| {
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { page.to_owned() } else { folder.join(path) };
        if !target.exists() {
            return true;
        }
        let has_anchor = || {
            let text = fs::read_to_string(&target).unwrap_or_default();
            headings(&text).any(|heading| heading == anchor)
        };
        !anchor.is_empty() && !has_anchor()
    };
    let dead = links(text).into_iter().filter(is_dead);
    dead.map(|link| format!("{}: {link} leads nowhere", page.display())).collect()
}

/// Returns the links of a page to other files and to headings.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        for (at, mark) in line.match_indices("](") {
            let rest = &line[at + mark.len()..];
            let link = rest.split([')', ' ']).next().unwrap_or_default();
            if !link.contains("://") && !link.is_empty() {
                links.push(link);
            }
        }
    }
    links
}

/// Returns the anchors of a page's headings, as GitHub creates them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

/// Returns the pages of the book that are missing from its summary.
fn left_out(root: &Path, pages: &[PathBuf]) -> Result<Vec<String>> {
    let docs = root.join("docs");
    let summary = docs.join("SUMMARY.md");
    let text = fs::read_to_string(&summary).context("the book has a summary")?;
    let listed: BTreeSet<PathBuf> = links(&text).into_iter().map(|link| docs.join(link)).collect();
    let of_book = pages.iter().filter(|page| page.starts_with(&docs) && **page != summary);
    let missing = of_book.filter(|page| !listed.contains(*page));
    Ok(missing.map(|page| format!("{} is not in docs/SUMMARY.md", page.display())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_but_for_those_in_code() {
        let text =
            "[a](b.md) and [c](d.md#e-f), [g](https://h)\n```text\n[i](j)\n```\n[k](#l \"m\")\n";
        assert_eq!(links(text), ["b.md", "d.md#e-f", "#l"]);
    }

    #[test]
    fn a_dead_link_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("a.md");
        fs::write(&page, "# A heading, of sorts\n").unwrap();
        let text = "[1](a.md#a-heading-of-sorts) [2](#a-heading-of-sorts) [3](b.md) [4](a.md#none)";
        assert!(dead_links(&page, "[1](a.md)").is_empty());
        let dead = dead_links(&page, text);
        assert_eq!(dead.len(), 2, "{dead:#?}");
        assert!(
            dead[0].ends_with("b.md leads nowhere") && dead[1].ends_with("a.md#none leads nowhere")
        );
    }

    #[test]
    fn commands_are_read_from_a_help() {
        let help = "Ship\n\nCommands:\n  build  Build\n           more\n  env    Show\n\nOptions:\n  -h  x\n";
        assert_eq!(commands(help), ["build", "env"]);
        assert!(commands("no such thing").is_empty());
    }
}
