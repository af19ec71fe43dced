//! The compiler of the cargo that runs a task.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::run;

/// Creates a command that calls the compiler.
pub(crate) fn call(arguments: &[&str]) -> Command {
    let beside = std::env::var_os("CARGO").map(|cargo| Path::new(&cargo).with_file_name("rustc"));
    let rustc = beside.filter(|rustc| rustc.is_file()).unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(arguments);
    command
}

/// Returns the platform that the compiler runs on.
pub(crate) fn host() -> Result<String> {
    let said = run::read(&mut call(&["-vV"]))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not print its platform")
}

/// Returns `true` if its standard library for this target is installed.
pub(crate) fn has_target(target: &str) -> bool {
    let folder = run::read(&mut call(&["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}
