//! `sealift completions`.

use clap::CommandFactory as _;

use crate::args::{Arguments, CompletionsArguments};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(arguments: CompletionsArguments) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "sealift", &mut script);
    output::data(&String::from_utf8_lossy(&script));
    Ok(ExitCode::DONE)
}
