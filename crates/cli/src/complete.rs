//! Completions: the shell asks the command itself, which looks into the folder.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;

use clap::{CommandFactory as _, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use sealift_workflow::filename::Version;
use sealift_workflow::store::Store;

use crate::args::Arguments;
use crate::session::dir_and_source;

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

/// Answers a shell that asks for completions, and ends the process; else does nothing.
pub(crate) fn answer() {
    CompleteEnv::with_factory(Arguments::command).var(VARIABLE).complete();
}

/// Writes what a shell has to be told once.
pub(crate) fn registration(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let name = "sealift";
    let register = |shell: &dyn EnvCompleter, script: &mut Vec<u8>| {
        shell.write_registration(VARIABLE, name, name, name, script)
    };
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

/// Completes the images that the folder holds.
pub(crate) fn images() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| candidates(typed, false))
}

/// Completes the images that the folder holds, and behind a colon their versions.
pub(crate) fn references() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| candidates(typed, true))
}

fn candidates(typed: &OsStr, with_versions: bool) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    // The flag `--dir` isn't known here: what the environment says is.
    let Ok(store) = Store::open(dir_and_source(None).0) else { return Vec::new() };
    let Ok(scan) = store.scan() else { return Vec::new() };
    let names = scan.archives.iter().filter_map(|archive| {
        let image = archive.repository()?.to_string();
        let version = Version::new(archive.name().version()).to_tag().ok()?;
        Some((image, version))
    });
    fitting(typed, names, with_versions).into_iter().map(CompletionCandidate::new).collect()
}

/// Gives the images, or once one is typed with a colon its versions.
fn fitting(
    typed: &str,
    names: impl Iterator<Item = (String, String)>,
    with_versions: bool,
) -> BTreeSet<String> {
    let is_version = with_versions && typed.contains(':');
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
        let fitting = |typed, with_versions| {
            let names = [("api", "2"), ("web", "1"), ("web", "dev"), ("web-admin", "1")];
            let names = names.map(|(image, version)| (image.to_owned(), version.to_owned()));
            fitting(typed, names.into_iter(), with_versions).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(fitting("", true), ["api", "web", "web-admin"]);
        assert_eq!(fitting("w", true), ["web", "web-admin"]);
        assert_eq!(fitting("web:", true), ["web:1", "web:dev"]);
        assert_eq!(fitting("web:d", true), ["web:dev"]);
        assert!(fitting("web:", false).is_empty());
    }
}
