//! Shell completions. The shell runs this command, which reads the folder.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::env::Shells;
use sealift_workflow::filename::Printable;

use crate::command_line::Arguments;
use crate::commands::completions::{VARIABLE, register};
use crate::exit_code::ExitCode;
use crate::output;

/// Prints completions if a shell requests them, and returns `None` otherwise.
pub(crate) fn answer() -> Option<ExitCode> {
    let shell = std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty() && shell != "0")?;
    let words: Vec<OsString> =
        std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    match complete(&shell, words) {
        Ok(answer) => {
            output::data(answer);
            Some(ExitCode::DONE)
        }
        Err(error) => {
            let shell = shell.to_string_lossy();
            let shell = Printable(&shell);
            output::error_line(&format!("error: cannot complete for the shell `{shell}`: {error}"));
            Some(ExitCode::FAILED)
        }
    }
}

fn complete(shell: &OsStr, words: Vec<OsString>) -> io::Result<Vec<u8>> {
    let name = Path::new(shell).file_stem().unwrap_or(shell).to_string_lossy();
    let shells = Shells::builtins();
    let shell = shells.completer(&name).ok_or_else(|| io::Error::other("unknown shell"))?;
    let mut answer = Vec::new();
    if words.is_empty() {
        register(shell, &mut answer)?;
        return Ok(answer);
    }
    let mut command = Arguments::command();
    command.build();
    shell.write_complete(
        &mut command,
        words,
        std::env::current_dir().ok().as_deref(),
        &mut answer,
    )?;
    Ok(answer)
}
