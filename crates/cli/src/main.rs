//! The `sealift` command.
//!
//! It is thin: arguments in, events and results out. What it does lives in `sealift-workflow`.

mod archive_lines;
mod archive_table;
mod arguments;
mod build_lines;
mod command_line;
mod commands;
mod complete;
mod escape;
mod exit_code;
mod failure;
mod format;
mod hints;
mod log;
mod output;
mod program_line;
mod progress;
mod replace_file;
mod run;
mod session;
mod table;
mod usage_error;
mod user_config;

fn main() -> std::process::ExitCode {
    run::run().into()
}
