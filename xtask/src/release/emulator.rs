//! QEMU, which runs binaries for other kinds of processor.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::machine::Machine;
use crate::engines::packages;
use crate::run;

/// The folder that the package is unpacked in.
const FOLDER: &str = "tool-qemu";

/// Finds an emulator, without downloading one.
pub(crate) fn find(machine: Machine) -> Option<PathBuf> {
    let unpacked = packages::place(FOLDER).join("usr/bin");
    names(machine).into_iter().find_map(|name| {
        let beside = unpacked.join(&name);
        run::find(&name).or_else(|| beside.is_file().then_some(beside))
    })
}

/// Finds an emulator, or gets one from the system's packages.
pub(crate) fn provide(machine: Machine) -> Result<PathBuf> {
    if let Some(found) = find(machine) {
        return Ok(found);
    }
    if let Some(obstacle) = packages::obstacle() {
        bail!("{machine} cannot be emulated: {obstacle}");
    }
    packages::of_the_system(FOLDER, &["qemu-user-static"])?;
    find(machine)
        .with_context(|| format!("the package qemu-user-static does not emulate {machine}"))
}

/// Returns a command that runs a program, in an emulator if one is passed.
pub(crate) fn command(emulator: Option<&Path>, program: &Path) -> Command {
    let Some(emulator) = emulator else { return Command::new(program) };
    let mut command = Command::new(emulator);
    command.arg(program);
    command
}

/// Returns the emulator's possible names, of which the first one never needs libraries.
fn names(machine: Machine) -> [String; 2] {
    [format!("qemu-{machine}-static"), format!("qemu-{machine}")]
}
