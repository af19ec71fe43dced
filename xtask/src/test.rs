//! `cargo xtask test`: runs every test of the workspace, with the engines that some of them need.
//!
//! A test that gets its engine records that in a ledger. Afterwards the ledger is compared with the
//! list of tests that need an engine: the run fails if one of them was skipped, unless the engine
//! that its module is named for is missing.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::arguments::EngineArguments;
use crate::engines::{Doors, Engines, Kind, Lifetime};
use crate::servers::Servers;
use crate::{builds, run, say, tools, workspace};

/// The variable with the number of tests that run at the same time.
const THREADS: &str = "RUST_TEST_THREADS";

/// The module of tests that need an engine.
const MARK: &str = "on_engine::";

/// Arguments of `cargo xtask test`.
#[derive(Debug, Default, Args)]
pub(crate) struct TestArguments {
    #[command(flatten)]
    engines: EngineArguments,
    /// Arguments of `cargo test`
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) rest: Vec<String>,
}

pub(crate) fn run(arguments: &TestArguments) -> Result<()> {
    let kinds = arguments.engines.kinds();
    let has_none = kinds.is_some_and(<[_]>::is_empty);
    let is_whole = arguments.rest.is_empty();
    let Surroundings { engines, path, servers } = run::beside(
        || Surroundings::set_up(kinds),
        // The end-to-end tests run the built command.
        || if is_whole { builds::tests() } else { builds::programs() },
    )?;

    // In the target folder, so that leftovers of an interrupted task are not in the way.
    let notes = tempfile::tempdir_in(workspace::engines())
        .context("cannot create a folder for the tests' ledger")?;
    let ledger = notes.path().join("ledger");
    let mut tests = cargo_test();
    tests.args(&arguments.rest).env("PATH", path);
    tests.env("SEALIFT_TEST_SERVERS", servers.variable());
    if has_none {
        tests.env_remove("SEALIFT_TEST_ENGINES").env_remove("SEALIFT_TEST_LEDGER");
    } else {
        tests.env("SEALIFT_TEST_ENGINES", engines.variable());
        tests.env("SEALIFT_TEST_DOORS", engines.doors()).env("SEALIFT_TEST_LEDGER", &ledger);
    }
    ensure!(run::shown(&mut tests)?, "tests failed");
    if has_none {
        say::line("tests passed; those that need engines were skipped (--engines none)");
    } else if !is_whole {
        say::line(format_args!("the selected tests passed on {}", engines.names()));
    } else {
        let list = run::read(cargo_test().args(["--tests", "--", "--list"]))?;
        // In CI all engines are required.
        let missing = match std::env::var_os("CI") {
            Some(_) => Vec::new(),
            None => engines.missing(),
        };
        let Counts { ran, excused } = compare(&list, &ledger, &missing)?;
        say::line(format_args!("{ran} engine tests ran on {}", engines.names()));
        if excused > 0 {
            say::line(format_args!(
                "{excused} engine tests were skipped, because their engines are missing"
            ));
        }
    }
    Ok(())
}

/// The environment of the tests.
struct Surroundings {
    engines: Engines,
    /// `PATH` with the programs that tests run.
    path: OsString,
    servers: Servers,
}

impl Surroundings {
    fn set_up(kinds: Option<&[Kind]>) -> Result<Self> {
        let engines = match kinds {
            Some(kinds) => Engines::up(kinds, Lifetime::OfTheTask, Doors::Open)?,
            None => Engines::up_where_possible(Lifetime::OfTheTask, Doors::Open)?,
        };
        let path = run::path_with(&[tools::for_tests()?])?;
        Ok(Self { engines, path, servers: Servers::up()? })
    }
}

fn cargo_test() -> Command {
    let mut test = run::cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
    // Tests wait for engines more than they compute: one for each processor leaves these idle.
    if std::env::var_os(THREADS).is_none() {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        test.env(THREADS, (2 * processors).to_string());
    }
    test
}

/// The numbers of tests that got their engine, and of those that did not.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    ran: usize,
    excused: usize,
}

/// Compares the tests that need an engine with those that got one.
fn compare(list: &str, ledger: &Path, missing: &[String]) -> Result<Counts> {
    let listed = listed(list);
    ensure!(!listed.is_empty(), "no test is in a module `on_engine`");
    let notes = if ledger.exists() { fs::read_to_string(ledger)? } else { String::new() };
    let ran: BTreeSet<&str> = notes.lines().collect();
    let strays: Vec<&str> = ran.difference(&listed).copied().collect();
    if !strays.is_empty() {
        bail!("tests outside of a module `on_engine` used one:\n  {}", strays.join("\n  "));
    }
    let (excused, silent): (Vec<&str>, Vec<&str>) =
        listed.difference(&ran).partition(|test| is_for_one_of(test, missing));
    if !silent.is_empty() {
        bail!("tests that need an engine ran without one:\n  {}", silent.join("\n  "));
    }
    ensure!(!ran.is_empty(), "no test is for one of these engines");
    Ok(Counts { ran: ran.len(), excused: excused.len() })
}

/// Returns `true` if a test is in a module that is named for one of these engines or doors.
fn is_for_one_of(test: &str, names: &[String]) -> bool {
    test.split("::").any(|module| names.iter().any(|name| name == module))
}

fn listed(list: &str) -> BTreeSet<&str> {
    let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
    names.filter(|name| name.contains(MARK)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "podman::on_engine::saves: test\nmoby_classic::on_engine::saves: test\n\
                        on_engine::loads: test\nother: test\n\n4 tests, 0 benchmarks\n";

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn compared(ledger: &str, missing: &[&str]) -> Result<Counts, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledger");
        fs::write(&file, ledger).unwrap();
        compare(LIST, &file, &owned(missing)).map_err(|error| error.to_string())
    }

    #[test]
    fn tests_that_used_several_engines_count_once() {
        let ledger = "on_engine::loads\npodman::on_engine::saves\non_engine::loads\n\
                      moby_classic::on_engine::saves\n";
        assert_eq!(compared(ledger, &[]), Ok(Counts { ran: 3, excused: 0 }));
    }

    #[test]
    fn a_skipped_engine_test_is_named() {
        assert_eq!(
            compared("on_engine::loads\nmoby_classic::on_engine::saves\n", &[]).unwrap_err(),
            "tests that need an engine ran without one:\n  podman::on_engine::saves"
        );
    }

    #[test]
    fn a_test_may_be_skipped_only_if_its_own_engine_is_missing() {
        let ledger = "on_engine::loads\npodman::on_engine::saves\n";
        let missing = ["moby_classic", "moby_containerd"];
        assert_eq!(compared(ledger, &missing), Ok(Counts { ran: 2, excused: 1 }));
        assert_eq!(
            compared("podman::on_engine::saves\n", &missing).unwrap_err(),
            "tests that need an engine ran without one:\n  on_engine::loads"
        );
        assert_eq!(
            compared(ledger, &["docker", "docker_tls"]).unwrap_err(),
            "tests that need an engine ran without one:\n  moby_classic::on_engine::saves"
        );
    }

    #[test]
    fn a_run_in_which_every_test_is_skipped_fails() {
        let list = "podman::on_engine::saves: test\n";
        let nowhere = Path::new("/nonexistent/ledger");
        assert_eq!(
            compare(list, nowhere, &owned(&["podman"])).unwrap_err().to_string(),
            "no test is for one of these engines"
        );
    }

    #[test]
    fn without_a_ledger_no_test_ran() {
        let error = compare(LIST, Path::new("/nonexistent/ledger"), &[]).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 4, "{error}");
    }

    #[test]
    fn a_workspace_without_engine_tests_fails() {
        let error = compare("other: test\n", Path::new("/nonexistent/ledger"), &[]).unwrap_err();
        assert_eq!(error.to_string(), "no test is in a module `on_engine`");
    }

    #[test]
    fn a_test_in_the_wrong_module_is_reported() {
        let error = compared("on_engine::loads\nother\n", &[]).unwrap_err();
        assert_eq!(error, "tests outside of a module `on_engine` used one:\n  other");
    }
}
