//! The `sealift` command.
//!
//! This crate parses arguments and prints events and results. The work is done in
//! `sealift-workflow`.

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
mod help;
mod hints;
mod line;
mod log;
mod output;
mod program_line;
mod progress;
mod replace_file;
mod run;
mod session;
mod table;
mod text_width;
mod usage_error;
mod user_config;

fn main() -> std::process::ExitCode {
    run::run().into()
}
