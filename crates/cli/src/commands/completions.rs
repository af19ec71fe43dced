//! `sealift completions`.

use crate::args::CompletionsArguments;
use crate::complete;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(arguments: CompletionsArguments) -> Result<ExitCode, Failure> {
    let script = complete::registration(arguments.shell);
    let script = script.map_err(|error| Failure::usage(format!("no completions: {error}")))?;
    output::data(script);
    Ok(ExitCode::DONE)
}
