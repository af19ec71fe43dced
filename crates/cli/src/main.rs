//! The `sealift` command.
//!
//! It is thin: arguments in, events and results out. What it does lives in `sealift-workflow`.

mod args;
mod build_output;
mod commands;
mod complete;
mod exit_code;
mod failure;
mod file_argument;
mod human;
mod log;
mod man;
mod output;
mod progress;
mod replace_file;
mod run;
mod session;
mod size;
mod table;

fn main() -> std::process::ExitCode {
    run::run().into()
}
