//! The programs of `examples/`, each of which uses one crate as others do: by its version.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{run, workspace};

/// Builds them into the target folder of the command, where the end-to-end tests look for both.
pub(crate) fn build() -> Result<()> {
    ensure!(run::shown(&mut cargo(&["build", "--locked"]))?, "the examples don't build");
    Ok(())
}

/// Runs those of their tests that need no engine.
pub(crate) fn test() -> Result<()> {
    ensure!(run::shown(&mut cargo(&["test", "--locked"]))?, "tests of the examples failed");
    Ok(())
}

/// Tests those in `workspace` with packages, given by name and folder, instead of the crates beside
/// them.
pub(crate) fn test_with(
    workspace: &Path,
    target: &Path,
    packages: &[(String, PathBuf)],
) -> Result<()> {
    let mut test = cargo(&["test", "--locked"]);
    test.current_dir(workspace).env("CARGO_TARGET_DIR", target);
    for (name, folder) in packages {
        test.arg("--config").arg(format!("patch.crates-io.{name}.path='{}'", folder.display()));
    }
    ensure!(run::shown(&mut test)?, "the examples don't work with the packages");
    Ok(())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = run::cargo(arguments);
    command.args(["--manifest-path", "examples/Cargo.toml"]);
    command.env("CARGO_TARGET_DIR", workspace::target());
    command
}
