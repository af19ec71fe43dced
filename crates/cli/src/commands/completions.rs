//! `sealift completions`.

use std::io;

use clap::{Args, ValueEnum};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;

/// Print shell completions for commands, images and versions
#[derive(Debug, Args)]
#[command(after_help = "\
Images and versions come from the folder of archives. For `update` and `build`
they come from the engine, if it answers within 0.3 seconds.

Examples:
  source <(sealift completions bash)
  sealift completions fish > ~/.config/fish/completions/sealift.fish")]
pub(crate) struct CompletionsArguments {
    /// Shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// A shell for which completions exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// The environment variable that a shell sets to request completions.
pub(crate) const VARIABLE: &str = "COMPLETE";

/// By default, bash ends a word at a colon, which separates an image and its version.
const COLONS: &str = "# A colon is part of IMAGE:VERSION.
COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}
";

pub(crate) fn run(arguments: CompletionsArguments) -> Result<ExitCode, Failure> {
    let script = registration(arguments.shell);
    let script =
        script.map_err(|error| Failure::usage(format!("cannot write completions: {error}")))?;
    output::data(script);
    Ok(ExitCode::DONE)
}

/// Returns the script that a shell evaluates at start.
fn registration(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    match shell {
        Shell::Bash => {
            script.extend_from_slice(COLONS.as_bytes());
            register(&Bash, &mut script)
        }
        Shell::Elvish => register(&Elvish, &mut script),
        Shell::Fish => register(&Fish, &mut script),
        Shell::Powershell => register(&Powershell, &mut script),
        Shell::Zsh => register(&Zsh, &mut script),
    }?;
    Ok(script)
}

/// Writes the script that makes a shell call this command for completions.
pub(crate) fn register(shell: &dyn EnvCompleter, script: &mut Vec<u8>) -> io::Result<()> {
    let name = "sealift";
    shell.write_registration(VARIABLE, name, name, name, script)
}
