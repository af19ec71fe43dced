//! Completions: the shell asks the command itself, which looks into the folder.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use clap::{CommandFactory as _, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};
use sealift_workflow::filename::Version;
use sealift_workflow::store::Store;

use crate::args::Arguments;
use crate::exit_code::ExitCode;
use crate::output;
use crate::session::dir_and_source;
use crate::table::printable;

/// The variable by which a shell asks for completions.
const VARIABLE: &str = "COMPLETE";

/// Else a colon would end the word that is completed.
const COLONS: &str = "# Versions stand behind a colon, which is part of the word.
COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}
";

/// A shell that can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// Answers a shell that asks for completions; returns `None` if none does.
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
            let shell = printable(&shell.to_string_lossy());
            output::error_line(&format!("error: no completions for `{shell}`: {error}"));
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

fn register(shell: &dyn EnvCompleter, script: &mut Vec<u8>) -> io::Result<()> {
    let name = "sealift";
    shell.write_registration(VARIABLE, name, name, name, script)
}

/// Writes what a shell has to be told once.
pub(crate) fn registration(shell: Shell) -> io::Result<Vec<u8>> {
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

/// Completes the images that the folder holds, and behind a colon their versions.
pub(crate) fn references() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| candidates(typed))
}

fn candidates(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    // The flag `--dir` isn't known here: what the environment says is.
    let Ok(store) = Store::open(dir_and_source(None).0) else { return Vec::new() };
    let Ok(scan) = store.scan() else { return Vec::new() };
    let names = scan.archives.iter().filter_map(|archive| {
        let image = archive.repository()?.to_string();
        let version = Version::new(archive.name().version()).to_tag().ok()?;
        Some((image, version))
    });
    fitting(typed, names).into_iter().map(CompletionCandidate::new).collect()
}

/// Gives the images, or once one is typed with a colon its versions.
fn fitting(typed: &str, names: impl Iterator<Item = (String, String)>) -> BTreeSet<String> {
    let is_version = typed.contains(':');
    names
        .map(|(image, version)| if is_version { format!("{image}:{version}") } else { image })
        .filter(|name| name.starts_with(typed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn versions_come_behind_the_colon() {
        let fitting = |typed| {
            let names = [("api", "2"), ("web", "1"), ("web", "dev"), ("web-admin", "1")];
            let names = names.map(|(image, version)| (image.to_owned(), version.to_owned()));
            fitting(typed, names.into_iter()).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(fitting(""), ["api", "web", "web-admin"]);
        assert_eq!(fitting("w"), ["web", "web-admin"]);
        assert_eq!(fitting("web:"), ["web:1", "web:dev"]);
        assert_eq!(fitting("web:d"), ["web:dev"]);
    }
}
