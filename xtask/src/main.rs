//! The tasks of this workspace, called as `cargo xtask TASK`. Each task has a file or a folder.

mod arguments;
mod bench;
mod browser;
mod builds;
mod cargo_tools;
mod demo;
mod dependencies;
mod direction;
mod docs;
mod engine;
mod engines;
mod faults;
mod features;
mod fuzz;
mod metadata;
mod npm;
mod public_api;
mod release;
mod run;
mod rustc;
mod say;
mod servers;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use arguments::{CheckArguments, EngineArguments};

/// Tasks of the sealift workspace
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Task {
    /// Run the main job on a real engine and print each command
    Demo,
    /// Run all tests, on every kind of engine
    Test(test::TestArguments),
    /// Start engines and leave them running, or stop them
    #[command(subcommand)]
    Engine(EngineTask),
    /// Inject faults into connections, processes and disks, and print the results
    Faults(faults::FaultArguments),
    /// Run libFuzzer against the properties of `fuzz/`
    Fuzz(fuzz::FuzzArguments),
    /// Compare the speed of sealift with other tools
    Bench(bench::BenchArguments),
    /// Write the generated pages, check the documents, or build the book
    Docs(docs::DocsArguments),
    /// Check that crates, and the files in each crate, depend on each other downwards only
    CheckDirection,
    /// Check every crate with none, each and all of its features
    Features,
    /// Write the public interface of each crate to its public-api.txt
    PublicApi(CheckArguments),
    /// Rehearse a release in target/dist, all steps or some, or make it
    Release(release::ReleaseArguments),
}

#[derive(Debug, Subcommand)]
enum EngineTask {
    /// Start engines and leave them running
    Up(EngineArguments),
    /// Stop the engines that `engine up` started
    Down(EngineArguments),
}

fn main() -> ExitCode {
    let result = match CommandLine::parse().task {
        Task::Demo => demo::run(),
        Task::Test(arguments) => test::run(&arguments),
        Task::Engine(EngineTask::Up(arguments)) => engine::up(&arguments),
        Task::Engine(EngineTask::Down(arguments)) => engine::down(&arguments),
        Task::Faults(arguments) => faults::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Docs(arguments) => docs::run(&arguments),
        Task::CheckDirection => direction::run(),
        Task::Features => features::run(),
        Task::PublicApi(arguments) => public_api::run(arguments.check),
        Task::Release(arguments) => release::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn arguments_after_two_dashes_are_passed_on() {
        let words = ["cargo xtask", "test", "--engines=docker", "--", "-p", "xtask", "--", "a"];
        let Task::Test(arguments) = CommandLine::parse_from(words).task else { panic!("no test") };
        assert_eq!(arguments.rest, ["-p", "xtask", "--", "a"]);
    }
}
