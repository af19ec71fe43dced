//! `cargo xtask fuzz`: runs libFuzzer against the properties in `fuzz/`.
//!
//! The flags are those of cargo-fuzz, without a sanitizer, because there is no unsafe code.
//! Therefore it works with stable Rust, and needs only a C++ compiler for libFuzzer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::{run, rustc, say, workspace};

/// The package and its program.
const PACKAGE: &str = "sealift-fuzz";
/// The build profile, defined in `Cargo.toml`.
const PROFILE: &str = "fuzz";
/// The flags that link libFuzzer, and that record which code an input reaches.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions";

/// Arguments of `cargo xtask fuzz`.
#[derive(Debug, Args)]
pub(crate) struct FuzzArguments {
    /// The targets; without one, all
    #[arg(value_name = "TARGET")]
    only: Vec<String>,
    /// Time for each target, in seconds
    #[arg(long = "time", value_name = "SECONDS", default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(arguments: &FuzzArguments) -> Result<()> {
    ensure!(
        run::find("c++").is_some(),
        "cannot build libFuzzer: there is no C++ compiler; install g++ or clang"
    );
    let corpus = folder().join("corpus");
    let mut write = run::cargo(&["run", "--quiet", "--locked", "--package", PACKAGE, "--"]);
    let names = run::read(write.arg(&corpus)).context("cannot write the corpus")?;
    let mut targets: Vec<&str> = names.lines().collect();
    if let Some(unknown) = arguments.only.iter().find(|name| !targets.contains(&name.as_str())) {
        bail!("there is no target `{unknown}`; available: {}", targets.join(", "));
    }
    targets.retain(|name| arguments.only.is_empty() || arguments.only.iter().any(|it| it == name));
    // With `--target`, build scripts are built without the flags.
    let platform = rustc::host()?;
    let mut build = run::cargo(&["build", "--locked", "--package", PACKAGE, "--bins"]);
    build.args(["--profile", PROFILE, "--target", &platform]);
    build.env("CARGO_TARGET_DIR", folder()).env("RUSTFLAGS", COVERAGE);
    ensure!(run::shown(&mut build)?, "the targets do not build");
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

/// The statistics that libFuzzer prints at its end.
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
    command.env("SEALIFT_FUZZ_TARGET", name).arg(corpus).arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}", prefix.display()));
    command.args(["-print_final_stats=1", "-max_len=65536", "-rss_limit_mb=1024", "-timeout=20"]);
    let output = command.output().with_context(|| program.display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let last: Vec<&str> = said.lines().rev().take(40).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!(
            "{}\n{name}: a property does not hold; the input is in {}. Run `SEALIFT_FUZZ_TARGET={name} {} INPUT` to repeat it",
            last.join("\n"),
            findings.display(),
            program.display()
        );
    }
    Stats::read(&said).with_context(|| format!("{name} printed no statistics:\n{said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistics_of_libfuzzer_are_parsed() {
        let said = "#8 DONE\nstat::number_of_executed_units: 1234\nstat::average_exec_per_sec: 9\n\
                    stat::new_units_added:          56\n";
        assert_eq!(Stats::read(said), Some(Stats { runs: 1234, added: 56 }));
        assert_eq!(Stats::read("#8 DONE"), None);
    }
}
