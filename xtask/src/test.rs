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
use crate::engines::{Engines, Kind, Lifetime};
use crate::{run, say, tools};

/// The module that tests which need an engine live in.
const MARK: &str = "on_engine::";

pub(crate) fn run(words: &[&str]) -> Result<()> {
    let options = Options::parse(words)?;
    let kinds = options.engines.unwrap_or_else(|| Kind::DEFAULT.to_vec());
    let engines = Engines::up(&kinds, Lifetime::OfTheTask)?;
    let path = run::path_with(&[tools::missing_ones()?])?;

    // The end-to-end tests run the command as it was built.
    let mut build = run::cargo(&["build", "--workspace", "--all-features"]);
    ensure!(run::shown(&mut build)?, "the workspace doesn't build");

    let notes = tempfile::tempdir().context("cannot make a folder for the tests' notes")?;
    let ledger = notes.path().join("ledger");
    let mut tests = cargo_test();
    tests.args(&options.rest).env("PATH", path);
    if kinds.is_empty() {
        tests.env_remove("SEALIFT_TEST_ENGINES").env_remove("SEALIFT_TEST_LEDGER");
    } else {
        tests.env("SEALIFT_TEST_ENGINES", engines.variable()).env("SEALIFT_TEST_LEDGER", &ledger);
    }
    ensure!(run::shown(&mut tests)?, "tests failed");

    if kinds.is_empty() {
        say::line("tests passed; those that need engines were skipped, as asked for");
    } else if !options.rest.is_empty() {
        say::line(format_args!("the tests asked for passed on {}", engines.names()));
    } else {
        let ran = compare(&run::read(cargo_test().args(["--tests", "--", "--list"]))?, &ledger)?;
        say::line(format_args!("{ran} engine tests ran on {}", engines.names()));
    }
    Ok(())
}

fn cargo_test() -> Command {
    run::cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"])
}

/// Counts the tests that need an engine and got one; all of those that are listed have to.
fn compare(list: &str, ledger: &Path) -> Result<usize> {
    let listed = listed(list);
    ensure!(!listed.is_empty(), "no test is in a module `on_engine`: nothing was proven on one");
    let notes = if ledger.exists() { fs::read_to_string(ledger)? } else { String::new() };
    let ran: BTreeSet<&str> = notes.lines().collect();
    let silent: Vec<&str> = listed.difference(&ran).copied().collect();
    if !silent.is_empty() {
        bail!("tests that need an engine ran without one:\n  {}", silent.join("\n  "));
    }
    let strays: Vec<&str> = ran.difference(&listed).copied().collect();
    if !strays.is_empty() {
        bail!("tests outside of a module `on_engine` used one:\n  {}", strays.join("\n  "));
    }
    Ok(listed.len())
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

    fn compared(ledger: &str) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledger");
        fs::write(&file, ledger).unwrap();
        compare(LIST, &file).map_err(|error| error.to_string())
    }

    #[test]
    fn tests_that_used_several_engines_count_once() {
        assert_eq!(compared("on_engine::loads\nsub::on_engine::saves\non_engine::loads\n"), Ok(2));
    }

    #[test]
    fn a_skipped_engine_test_is_named() {
        assert_eq!(
            compared("on_engine::loads\n").unwrap_err(),
            "tests that need an engine ran without one:\n  sub::on_engine::saves"
        );
    }

    #[test]
    fn no_ledger_means_that_none_ran() {
        let error = compare(LIST, Path::new("/nonexistent/ledger")).unwrap_err().to_string();
        assert!(error.ends_with("\n  on_engine::loads\n  sub::on_engine::saves"), "{error}");
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
