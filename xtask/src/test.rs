//! `cargo xtask test`: every test of the workspace, with the engines that some of them need.
//!
//! A test that needs an engine notes that it got one. Afterwards the notes are held against the
//! list of such tests: a run in which one was skipped is not green.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::arguments::Options;
use crate::engines::{Engines, Lifetime};
use crate::{run, say, tools};

/// The module that tests which need an engine live in.
const MARK: &str = "on_engine::";

pub(crate) fn run(words: &[&str]) -> Result<()> {
    let options = Options::parse(words)?;
    let engines = match &options.engines {
        Some(kinds) => Engines::up(kinds, Lifetime::OfTheTask)?,
        None => Engines::up_where_possible(Lifetime::OfTheTask)?,
    };
    let has_none = options.engines.as_ref().is_some_and(Vec::is_empty);
    let path = run::path_with(&[tools::missing_ones()?])?;

    // The end-to-end tests run the command as it was built.
    let mut build = run::cargo(&["build", "--workspace", "--all-features"]);
    ensure!(run::shown(&mut build)?, "the workspace doesn't build");

    let notes = tempfile::tempdir().context("cannot make a folder for the tests' notes")?;
    let ledger = notes.path().join("ledger");
    let mut tests = cargo_test();
    tests.args(&options.rest).env("PATH", path);
    if has_none {
        tests.env_remove("SEALIFT_TEST_ENGINES").env_remove("SEALIFT_TEST_LEDGER");
    } else {
        tests.env("SEALIFT_TEST_ENGINES", engines.variable()).env("SEALIFT_TEST_LEDGER", &ledger);
    }
    ensure!(run::shown(&mut tests)?, "tests failed");

    if has_none {
        say::line("tests passed; those that need engines were skipped, as asked for");
    } else if !options.rest.is_empty() {
        say::line(format_args!("the tests asked for passed on {}", engines.names()));
    } else {
        let list = run::read(cargo_test().args(["--tests", "--", "--list"]))?;
        let Counts { ran, skipped } = compare(&list, &ledger)?;
        say::line(format_args!("{ran} engine tests ran on {}", engines.names()));
        if !skipped.is_empty() {
            ensure!(!engines.is_complete(), "{}", skipped_message(&skipped));
            let count = skipped.len();
            say::line(format_args!("{count} engine tests were skipped: their engines aren't here"));
        }
    }
    Ok(())
}

fn cargo_test() -> Command {
    run::cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"])
}

/// How many of the tests that need an engine got one.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    ran: usize,
    skipped: Vec<String>,
}

/// Holds the tests that need an engine against those that got one.
fn compare(list: &str, ledger: &Path) -> Result<Counts> {
    let listed = listed(list);
    ensure!(!listed.is_empty(), "no test is in a module `on_engine`: nothing was proven on one");
    let notes = if ledger.exists() { fs::read_to_string(ledger)? } else { String::new() };
    let ran: BTreeSet<&str> = notes.lines().collect();
    let strays: Vec<&str> = ran.difference(&listed).copied().collect();
    if !strays.is_empty() {
        bail!("tests outside of a module `on_engine` used one:\n  {}", strays.join("\n  "));
    }
    let skipped: Vec<String> = listed.difference(&ran).map(ToString::to_string).collect();
    Ok(Counts { ran: listed.len() - skipped.len(), skipped })
}

fn skipped_message(skipped: &[String]) -> String {
    format!("tests that need an engine ran without one:\n  {}", skipped.join("\n  "))
}

fn listed(list: &str) -> BTreeSet<&str> {
    let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
    names.filter(|name| name.contains(MARK)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "sub::on_engine::saves: test\non_engine::loads: test\nother: test\n\n\
                        3 tests, 0 benchmarks\n";

    fn compared(ledger: &str) -> Result<Counts, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledger");
        fs::write(&file, ledger).unwrap();
        compare(LIST, &file).map_err(|error| error.to_string())
    }

    #[test]
    fn tests_that_used_several_engines_count_once() {
        let counts = compared("on_engine::loads\nsub::on_engine::saves\non_engine::loads\n");
        assert_eq!(counts, Ok(Counts { ran: 2, skipped: Vec::new() }));
    }

    #[test]
    fn a_skipped_engine_test_is_named() {
        let Counts { ran, skipped } = compared("on_engine::loads\n").unwrap();
        assert_eq!(ran, 1);
        assert_eq!(
            skipped_message(&skipped),
            "tests that need an engine ran without one:\n  sub::on_engine::saves"
        );
    }

    #[test]
    fn no_ledger_means_that_none_ran() {
        let Counts { ran, skipped } = compare(LIST, Path::new("/nonexistent/ledger")).unwrap();
        assert_eq!((ran, skipped.len()), (0, 2));
    }

    #[test]
    fn a_workspace_without_engine_tests_proves_nothing() {
        let error = compare("other: test\n", Path::new("/nonexistent/ledger")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no test is in a module `on_engine`: nothing was proven on one"
        );
    }

    #[test]
    fn a_test_in_the_wrong_module_is_named() {
        let error = compared("on_engine::loads\nsub::on_engine::saves\nother\n").unwrap_err();
        assert_eq!(error, "tests outside of a module `on_engine` used one:\n  other");
    }
}
