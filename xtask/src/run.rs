//! Running other programs.

use std::ffi::OsString;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::say;

/// Creates a command that calls the cargo that runs this task, in the root of the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(crate::workspace::root());
    without_package(&mut command);
    command
}

/// Removes the variables that cargo sets for this task from the environment of a command.
///
/// The build script of ring reads some of them, so ring and the crates that depend on it would be
/// compiled again whenever a cargo that was called by a task follows one that was not, and the
/// other way round.
pub(crate) fn without_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_this_package) {
            command.env_remove(name);
        }
    }
}

/// Returns `true` for variables that cargo sets for the programs of one package.
fn is_of_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| variable.starts_with(start))
        || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"]
            .contains(&variable)
}

/// Runs a command, printed as `$ program arguments`, and returns `true` if it succeeds.
pub(crate) fn shown(command: &mut Command) -> Result<bool> {
    say::line(format_args!("$ {}", written(command)));
    let status = command.status().with_context(|| format!("cannot run {}", written(command)))?;
    Ok(status.success())
}

/// Runs a command and returns its standard output.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let what = written(command);
    let output = command.output().with_context(|| format!("cannot run {what}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("`{what}` failed ({}): {}", output.status, words.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of {what} is not UTF-8"))
}

/// Runs `set_up` in a thread while `build` runs. Returns the result of `set_up`.
pub(crate) fn beside<T: Send>(
    set_up: impl FnOnce() -> Result<T> + Send,
    build: impl FnOnce() -> Result<()>,
) -> Result<T> {
    thread::scope(|scope| {
        let setting_up = scope.spawn(set_up);
        let built = build();
        let set_up = setting_up.join().unwrap_or_else(|panic| resume_unwind(panic));
        built.and(set_up)
    })
}

/// Returns the path of a program in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Returns `PATH` with these folders first.
pub(crate) fn path_with(first: &[PathBuf]) -> Result<OsString> {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = first.iter().cloned().chain(std::env::split_paths(&old));
    std::env::join_paths(folders).context("the name of a folder cannot be in PATH")
}

fn written(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_does_not_see_the_variables_of_this_package() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "cargo sets it for tests");
        let command = cargo(&["version"]);
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).collect();
        for name in ["CARGO_PKG_NAME", "CARGO_PKG_VERSION_MAJOR", "CARGO_MANIFEST_DIR"] {
            assert!(removed.iter().any(|(removed, _)| *removed == name), "{name}");
        }
        assert!(!removed.iter().any(|(removed, _)| *removed == "CARGO"));
    }
}
