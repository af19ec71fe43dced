//! Tools for cargo that tasks call: found, or installed into the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{run, say, workspace};

/// Finds a tool, or installs it.
pub(crate) fn find_or_install(name: &str) -> Result<PathBuf> {
    let root = workspace::target().join("tools");
    let ours = root.join("bin").join(name);
    if let Some(found) = run::find(name).or_else(|| ours.is_file().then(|| ours.clone())) {
        return Ok(found);
    }
    say::step(format_args!("{name} isn't here: installs it into {}", root.display()));
    let mut install = run::cargo(&["install", "--locked", "--root"]);
    ensure!(
        run::shown(install.arg(&root).arg(name))? && ours.is_file(),
        "{name} can't be installed; `cargo install --locked {name}` does it by hand"
    );
    Ok(ours)
}

/// Runs a tool as cargo would, and returns an error unless it succeeds.
pub(crate) fn passes(tool: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(workspace::root());
    ensure!(run::shown(&mut command)?, "cargo {} failed", arguments[0]);
    Ok(())
}
