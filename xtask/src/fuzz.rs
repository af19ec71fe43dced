//! `cargo xtask fuzz`: the laws of `fuzz/`, held against whatever bytes libFuzzer thinks of.
//!
//! The flags are those of cargo-fuzz without a sanitizer, which there is no unsafe code for; so it
//! works with a stable Rust, and nothing has to be installed but a C++ compiler for libFuzzer
//! itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::{run, rustc, say, workspace};

/// The package, and its program.
const PACKAGE: &str = "sealift-fuzz";
/// The profile that it is built with, see `Cargo.toml`.
const PROFILE: &str = "fuzz";
/// The flags that link libFuzzer, and by which it learns which code an input reaches.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions";

/// What follows `cargo xtask fuzz`.
#[derive(Debug, Args)]
pub(crate) struct FuzzArguments {
    /// The targets; all unless one is named
    #[arg(value_name = "TARGET")]
    only: Vec<String>,
    /// How long each target runs, in seconds
    #[arg(long = "time", value_name = "SECONDS", default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(arguments: &FuzzArguments) -> Result<()> {
    ensure!(
        run::find("c++").is_some(),
        "libFuzzer is built by a C++ compiler, and there is none: install g++ or clang"
    );
    let corpus = folder().join("corpus");
    let mut write = run::cargo(&["run", "--quiet", "--locked", "--package", PACKAGE, "--"]);
    let names = run::read(write.arg(&corpus)).context("the corpus can't be made")?;
    let mut targets: Vec<&str> = names.lines().collect();
    if let Some(unknown) = arguments.only.iter().find(|name| !targets.contains(&name.as_str())) {
        bail!("there is no target `{unknown}`: {}", targets.join(", "));
    }
    targets.retain(|name| arguments.only.is_empty() || arguments.only.iter().any(|it| it == name));
    // With a platform named, build scripts aren't built with the flags.
    let platform = rustc::host()?;
    let mut build = run::cargo(&["build", "--locked", "--package", PACKAGE, "--bins"]);
    build.args(["--profile", PROFILE, "--target", &platform]);
    build.env("CARGO_TARGET_DIR", folder()).env("RUSTFLAGS", COVERAGE);
    ensure!(run::shown(&mut build)?, "the targets don't build");
    let program = folder().join(&platform).join(PROFILE).join(PACKAGE);

    let mut table = format!("{:<14}  {:>12}  {:>10}\n", "target", "runs", "new inputs");
    for name in &targets {
        let stats = fuzz(name, &program, &corpus.join(name), arguments.seconds)?;
        table.push_str(&format!("{name:<14}  {:>12}  {:>10}\n", stats.runs, stats.added));
    }
    say::line(table.trim_end());
    Ok(())
}

fn folder() -> PathBuf {
    workspace::target().join("fuzz")
}

/// The last lines that libFuzzer prints.
#[derive(Debug, PartialEq, Eq)]
struct Stats {
    runs: u64,
    added: u64,
}

impl Stats {
    fn read(said: &str) -> Option<Self> {
        let stat = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name));
            line?.trim().parse().ok()
        };
        Some(Self {
            runs: stat("stat::number_of_executed_units:")?,
            added: stat("stat::new_units_added:")?,
        })
    }
}

fn fuzz(name: &str, program: &Path, corpus: &Path, seconds: u32) -> Result<Stats> {
    say::step(format_args!("{name}: {seconds} s"));
    let findings = folder().join("findings");
    fs::create_dir_all(&findings)?;
    let prefix = findings.join(format!("{name}-"));
    let mut command = Command::new(program);
    command.env("SEALIFT_LAW", name).arg(corpus).arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}", prefix.display()));
    command.args(["-print_final_stats=1", "-max_len=65536", "-rss_limit_mb=1024", "-timeout=20"]);
    let output = command.output().with_context(|| program.display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let last: Vec<&str> = said.lines().rev().take(40).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!(
            "{}\n{name}: a law is broken; the input is in {}, and `SEALIFT_LAW={name} {} INPUT` runs it again",
            last.join("\n"),
            findings.display(),
            program.display()
        );
    }
    Stats::read(&said).with_context(|| format!("{name} doesn't say what it did:\n{said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_says_at_its_end_is_read() {
        let said = "#8 DONE\nstat::number_of_executed_units: 1234\nstat::average_exec_per_sec: 9\n\
                    stat::new_units_added:          56\n";
        assert_eq!(Stats::read(said), Some(Stats { runs: 1234, added: 56 }));
        assert_eq!(Stats::read("#8 DONE"), None);
    }
}
