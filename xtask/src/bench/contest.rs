//! Contestants that run alternately, and their times.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{run, say};

/// One way to do a job.
#[derive(Debug, Clone)]
pub(super) struct Contestant {
    /// Name in the table.
    pub(super) name: String,
    /// A shell script that prepares the run and is not timed.
    pub(super) prepare: String,
    /// The timed command line, or a shell script if it contains a `|`, a `>` or a `&`.
    pub(super) command: String,
}

impl Contestant {
    pub(super) fn new(name: &str, prepare: impl Into<String>, command: impl Into<String>) -> Self {
        Self { name: name.to_owned(), prepare: prepare.into(), command: command.into() }
    }
}

/// The times of a contestant in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Times {
    pub(super) median: f64,
    pub(super) fastest: f64,
    pub(super) slowest: f64,
}

impl Times {
    /// Sorts the times of all runs. Returns `None` without a run.
    pub(super) fn of(mut runs: Vec<f64>) -> Option<Self> {
        runs.sort_by(f64::total_cmp);
        let (fastest, slowest) = (*runs.first()?, *runs.last()?);
        let middle = runs.len() / 2;
        let median = match runs.len() % 2 {
            1 => runs[middle],
            _ => (runs[middle - 1] + runs[middle]) / 2.0,
        };
        Some(Self { median, fastest, slowest })
    }
}

/// Runs contestants alternately, so that other load on the machine affects all of them alike. The
/// first round does not count.
pub(super) fn run_alternately(
    contestants: &[Contestant],
    rounds: usize,
    environment: &[(String, String)],
    folder: &Path,
) -> Result<Vec<Times>> {
    let mut runs = vec![Vec::new(); contestants.len()];
    for round in 0..=rounds {
        for (contestant, runs) in contestants.iter().zip(&mut runs) {
            let time = time(contestant, environment, folder)
                .with_context(|| format!("`{}` cannot be timed", contestant.name))?;
            if round > 0 {
                runs.push(time);
            }
        }
    }
    let times: Vec<Times> = runs.into_iter().filter_map(Times::of).collect();
    for (contestant, times) in contestants.iter().zip(&times) {
        say::step(format_args!("{:<44} {:.3} s", contestant.name, times.median));
    }
    Ok(times)
}

fn time(contestant: &Contestant, environment: &[(String, String)], folder: &Path) -> Result<f64> {
    let (result, prepare, script) =
        (folder.join("time.json"), folder.join("prepare.sh"), folder.join("command.sh"));
    fs::write(&prepare, &contestant.prepare)?;
    fs::write(&script, &contestant.command)?;
    let is_script = contestant.command.contains(['|', '>', '&']);
    let mut hyperfine = Command::new("hyperfine");
    hyperfine
        .args(["-N", "--style=none", "--runs=1", "--export-json"])
        .arg(&result)
        .arg("--prepare")
        .arg(format!("sh -e {}", prepare.display()))
        .arg(match is_script {
            true => format!("sh -e {}", script.display()),
            false => contestant.command.clone(),
        })
        .current_dir(folder)
        .envs(environment.iter().map(|(name, value)| (name, value)));
    run::read(&mut hyperfine)?;
    let result: Value = serde_json::from_slice(&fs::read(&result)?)?;
    result["results"][0]["mean"].as_f64().context("hyperfine reported no time")
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn the_median_is_the_time_in_the_middle() {
        let times = |runs: &[f64]| Times::of(runs.to_vec());
        assert_eq!(times(&[]), None);
        let three = Times { median: 2.0, fastest: 1.0, slowest: 9.0 };
        assert_eq!(times(&[9.0, 1.0, 2.0]), Some(three));
        assert_eq!(times(&[4.0, 1.0, 2.0, 9.0]).map(|times| times.median), Some(3.0));
    }
}
