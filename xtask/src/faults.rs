//! `cargo xtask faults`: runs the scenarios of `tests/src/faults` with a number of seeds, and
//! prints a table of the results.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;

use crate::arguments::EngineArguments;
use crate::engines::{Doors, Engines, Lifetime};
use crate::{builds, run, say, tools, workspace};

/// The module of the scenarios, and a module in it that contains none.
const SCENARIOS: &str = "faults::";
const NO_SCENARIOS: &str = "faults::bench::";

/// Arguments of `cargo xtask faults`.
#[derive(Debug, Args)]
pub(crate) struct FaultArguments {
    /// The scenarios, or parts of their names; without one, all
    #[arg(value_name = "SCENARIO")]
    only: Vec<String>,
    /// The number of seeds that each scenario is run with
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// Run each scenario with this seed alone
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    #[command(flatten)]
    engines: EngineArguments,
}

pub(crate) fn run(arguments: &FaultArguments) -> Result<()> {
    let kinds = arguments.engines.kinds().unwrap_or_default();
    let engines = Engines::up(kinds, Lifetime::OfTheTask, Doors::Shut)?;
    let path = run::path_with(&[tools::for_tests()?])?;
    builds::command()?;
    let chosen = chosen(&run::read(tests().args(["--", "--list"]))?, &arguments.only)?;

    let notes = tempfile::tempdir_in(workspace::engines())
        .context("cannot create a folder for the scenarios' report")?;
    let report = notes.path().join("report");
    let mut scenarios = tests();
    scenarios.args(["--", "--exact"]).args(&chosen).env("PATH", path);
    scenarios.env("SEALIFT_FAULT_REPORT", &report);
    match arguments.seed {
        Some(seed) => scenarios.env("SEALIFT_FAULT_SEED", seed.to_string()),
        None => scenarios.env("SEALIFT_FAULT_SEEDS", arguments.seeds.to_string()),
    };
    match kinds.is_empty() {
        true => scenarios.env_remove("SEALIFT_TEST_ENGINES"),
        false => scenarios.env("SEALIFT_TEST_ENGINES", engines.variable()),
    };
    say::step(format_args!("{} scenarios", chosen.len()));
    let output = scenarios.output().context("cannot run the scenarios")?;
    let rows = rows(&report)?;
    say::line(table(&rows));
    let skipped: Vec<String> = chosen
        .iter()
        .map(|test| name(test))
        .filter(|name| rows.iter().all(|row| row.scenario != *name))
        .collect();
    if !skipped.is_empty() {
        say::line(format_args!(
            "not run, because an engine (--engines LIST) or a tool is missing: {}",
            skipped.join(", ")
        ));
    }
    let violations: Vec<&str> =
        rows.iter().flat_map(|row| &row.violations).map(String::as_str).collect();
    if !violations.is_empty() {
        bail!("{} violations; repeat them with:\n\n{}", violations.len(), violations.join("\n\n"));
    }
    if !output.status.success() {
        let (said, words) = (&output.stdout, &output.stderr);
        let (said, words) = (String::from_utf8_lossy(said), String::from_utf8_lossy(words));
        bail!("the scenarios could not be run:\n{said}\n{words}");
    }
    ensure!(!rows.is_empty(), "no scenario was run");
    Ok(())
}

fn tests() -> Command {
    run::cargo(&["test", "--quiet", "--package", "sealift-tests", "--test", "runner"])
}

/// Returns the tests of these scenarios, or all if none is named.
fn chosen(list: &str, only: &[String]) -> Result<Vec<String>> {
    let tests = list.lines().filter_map(|line| line.strip_suffix(": test"));
    let all: Vec<&str> = tests
        .filter(|test| test.starts_with(SCENARIOS) && !test.starts_with(NO_SCENARIOS))
        .collect();
    let is_meant = |test: &str, word: &str| {
        let (name, word) = (format!("/{}/", name(test)), format!("/{}/", word.trim_matches('/')));
        name.contains(&word)
    };
    if let Some(word) = only.iter().find(|word| !all.iter().any(|test| is_meant(test, word))) {
        let names: Vec<String> = all.iter().map(|test| name(test)).collect();
        bail!("there is no scenario `{word}`; there are:\n  {}", names.join("\n  "));
    }
    let is_chosen = |test: &&str| only.is_empty() || only.iter().any(|word| is_meant(test, word));
    Ok(all.into_iter().filter(is_chosen).map(str::to_owned).collect())
}

/// Returns the name of a scenario as it is in the report.
fn name(test: &str) -> String {
    let parts: Vec<&str> = test.split("::").skip(1).filter(|part| *part != "on_engine").collect();
    parts.join("/").replace('_', "-")
}

/// The results of a scenario.
struct ScenarioRow {
    scenario: String,
    runs: u64,
    /// The outcomes, each with its number of runs.
    outcomes: Vec<(String, u64)>,
    violations: Vec<String>,
}

fn rows(report: &Path) -> Result<Vec<ScenarioRow>> {
    let text = if report.exists() { fs::read_to_string(report)? } else { String::new() };
    let row = |line: &str| {
        let line: Value = serde_json::from_str(line).context("the report is not JSON")?;
        let outcomes = line["outcomes"].as_object().into_iter().flatten();
        let violations = line["violations"].as_array().into_iter().flatten();
        Ok(ScenarioRow {
            scenario: line["scenario"].as_str().unwrap_or_default().to_owned(),
            runs: line["runs"].as_u64().unwrap_or(0),
            outcomes: outcomes
                .map(|(outcome, count)| (outcome.clone(), count.as_u64().unwrap_or(0)))
                .collect(),
            violations: violations.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    };
    let mut rows = text.lines().map(row).collect::<Result<Vec<ScenarioRow>>>()?;
    rows.sort_by(|left, right| left.scenario.cmp(&right.scenario));
    Ok(rows)
}

fn table(rows: &[ScenarioRow]) -> String {
    let width = rows.iter().map(|row| row.scenario.len()).max().unwrap_or(0).max("scenario".len());
    let mut lines =
        vec![format!("{:width$}  {:>5}  {:>10}  outcome", "scenario", "runs", "violations")];
    for ScenarioRow { scenario, runs, outcomes, violations } in rows {
        let outcomes: Vec<String> =
            outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        // Many outcomes are easier to read in separate lines.
        let between =
            if outcomes.len() > 4 { format!("\n{:1$}", "", width + 21) } else { "; ".into() };
        let (violations, outcomes) = (violations.len(), outcomes.join(&between));
        lines.push(format!("{scenario:width$}  {runs:>5}  {violations:>10}  {outcomes}"));
    }
    let sum: u64 = rows.iter().map(|row| row.runs).sum();
    let violations: usize = rows.iter().map(|row| row.violations.len()).sum();
    lines.push(format!("{:width$}  {sum:>5}  {violations:>10}", "all"));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "faults::bench::tests::x: test\nfaults::disk::full: test\nnames::y: test\n\
                        faults::line_on_save::made_saves::a_stall: test\n\
                        faults::real_saves::podman::on_engine::on_a_line: test\n\n5 tests\n";

    fn chosen_by(words: &[&str]) -> Result<Vec<String>> {
        chosen(LIST, &words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_scenario_is_named_by_any_part_of_its_path() {
        let stall = "faults::line_on_save::made_saves::a_stall";
        let podman = "faults::real_saves::podman::on_engine::on_a_line";
        assert_eq!(chosen_by(&[]).unwrap(), ["faults::disk::full", stall, podman]);
        assert_eq!(chosen_by(&["a-stall"]).unwrap(), [stall]);
        assert_eq!(chosen_by(&["line-on-save"]).unwrap(), [stall]);
        assert_eq!(chosen_by(&["real-saves/podman/on-a-line"]).unwrap(), [podman]);
        assert_eq!(chosen_by(&["disk", "podman"]).unwrap(), ["faults::disk::full", podman]);
    }

    #[test]
    fn an_unknown_scenario_is_refused_with_a_list_of_all() {
        assert_eq!(
            chosen_by(&["dis"]).unwrap_err().to_string(),
            "there is no scenario `dis`; there are:\n  disk/full\n  line-on-save/made-saves/a-stall\n  \
             real-saves/podman/on-a-line"
        );
    }

    #[test]
    fn the_table_has_the_number_of_runs_for_each_outcome() {
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("report");
        let line = "{\"scenario\":\"disk/full\",\"runs\":3,\"outcomes\":{\"done\":1,\"refused\":1},\
                    \"violations\":[\"it again\"]}\n";
        fs::write(&report, line).unwrap();
        assert_eq!(
            table(&rows(&report).unwrap()),
            "scenario    runs  violations  outcome\n\
             disk/full      3           1  1 done; 1 refused\n\
             all            3           1"
        );
    }
}
