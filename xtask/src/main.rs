//! Tasks of this workspace, called as `cargo xtask TASK`: one file for each task.

mod arguments;
mod bench;
mod cargo_tools;
mod demo;
mod dependencies;
mod direction;
mod docs;
mod engine;
mod engines;
mod examples;
mod faults;
mod features;
mod fuzz;
mod metadata;
mod public_api;
mod release;
mod run;
mod rustc;
mod say;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
Tasks of the sealift workspace.

Usage: cargo xtask TASK

  demo                      runs the main job on a real engine, command by command
  test [--engines LIST] [-- ARGUMENTS]
                            runs all tests, including those that need an engine,
                            on every kind of engine; `--engines none` skips those;
                            ARGUMENTS are passed to `cargo test`
  engine up [--engines LIST]
                            starts engines and leaves them running
  engine down [--engines LIST]
                            stops the engines that `engine up` started
  faults [SCENARIO…] [--seeds N] [--seed S] [--engines LIST]
                            injects faults into connections, processes and disks,
                            with N seeds for each scenario (100) or the seed S,
                            and prints the results; --engines adds saves that are
                            recorded from these engines
  fuzz [TARGET…] [--time SECONDS]
                            runs libFuzzer against the properties of `fuzz/`,
                            60 seconds for each target
  bench [JOB…] [--rounds N] [--names N] [--binary FILE] [--write]
                            compares sealift with what people use today; --binary
                            names a built command, of another commit for example;
                            --write puts the tables into docs/benchmarks.md
  docs [--check]            writes the generated pages; --check looks for
                            differences, dead links and pages that are missing
                            from the summary
  check-direction           checks that crates, and the files in each, depend on
                            each other downwards only
  features                  checks every crate with each of its features alone
  public-api [--check]      writes the list of each crate's public interface;
                            --check compares the lists with the code
  release [STEP…] [--version X.Y.Z] [--execute] [--publish] [--host HOST]
                            rehearses a release in target/dist, all steps or some:
                            version, checks (or checks:NAME), packages, binary,
                            pages, licences, tarball, image, sums; --execute
                            commits and tags it, --publish publishes the crates;
                            --host names the engine that builds the image
  release --verify DIR      checks a finished folder and runs the binary in it

LIST: docker, podman, moby-classic, moby-containerd, trixie-containerd, separated
      by commas, or all";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::run(),
        ["test", options @ ..] => test::run(options),
        ["engine", "up", options @ ..] => engine::up(options),
        ["engine", "down", options @ ..] => engine::down(options),
        ["faults", options @ ..] => faults::run(options),
        ["fuzz", options @ ..] => fuzz::run(options),
        ["bench", options @ ..] => bench::run(options),
        ["release", options @ ..] => release::run(options),
        ["docs", options @ ..] => docs::run(options),
        ["public-api", options @ ..] => public_api::run(options),
        ["features"] => features::run(),
        ["check-direction"] => direction::run(),
        [] | ["help" | "--help" | "-h"] => {
            say::line(USAGE);
            Ok(())
        }
        _ => Err(anyhow::anyhow!("no such task: {}\n\n{USAGE}", words.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}
