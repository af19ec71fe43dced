//! The optimized command, linked statically if that is possible.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::plan::{Release, made};
use super::verify;
use crate::{run, say, workspace};

pub(crate) fn run(release: &Release) -> Result<()> {
    let toolchain = &release.toolchain;
    if !toolchain.is_static {
        say::step(format_args!(
            "the binary for {} will need the C library of the system that it runs on: neither musl (its \
             standard library of Rust and musl-gcc) nor a static C library is installed",
            toolchain.target
        ));
    }
    let (source, home) = (release.layout.source(), cargo_home()?);
    let target_folder = workspace::target();
    let mut build = run::cargo(&["build", "--locked", "--release", "--package", "sealift"]);
    build.args(["--target", &toolchain.target, "--target-dir"]).arg(&target_folder);
    build.current_dir(&source);
    let mut flags = toolchain.flags(&source, &home);
    if toolchain.has_gnu_inside() {
        let object = toolchain.static_names(&target_folder.join(&toolchain.target))?;
        flags.push(format!("-Clink-arg={}", object.display()));
    }
    build.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    build.envs(toolchain.environment.iter().map(|(name, value)| (name, value)));
    ensure!(run::shown(&mut build)?, "the command does not build");

    let built = target_folder.join(&toolchain.target).join("release/sealift");
    let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    if toolchain.is_static {
        ensure!(is_static(&built)?, "{} needs libraries of the system", built.display());
    }
    for folder in [&source, &home] {
        ensure!(!names(&bytes, folder), "the binary contains the path {}", folder.display());
    }
    let stage = release.layout.stage();
    fs::create_dir_all(&stage).with_context(|| format!("cannot make {}", stage.display()))?;
    let binary = stage.join("sealift");
    fs::copy(&built, &binary).with_context(|| format!("cannot write {}", binary.display()))?;
    verify::try_binary(toolchain, &binary, release.version)?;
    made(&binary)
}

/// Returns the path of the binary that an earlier step has built.
pub(crate) fn built(release: &Release) -> Result<PathBuf> {
    let binary = release.layout.stage().join("sealift");
    ensure!(
        binary.is_file(),
        "there is no binary for {} yet: run the step `binary` first",
        release.layout.target()
    );
    Ok(binary)
}

/// Returns `true` if a program for Linux names no loader of libraries.
///
/// `readelf` is in the package of the linker.
pub(crate) fn is_static(program: &Path) -> Result<bool> {
    let headers = run::read(Command::new("readelf").args(["-W", "-l"]).arg(program))?;
    Ok(!headers.contains("INTERP"))
}

/// Returns `true` if the binary contains a path of this machine.
fn names(bytes: &[u8], path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    bytes.windows(path.len()).any(|window| window == path)
}

/// Returns the folder in which cargo keeps the source of dependencies.
fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(workspace::root().join(home));
    }
    let home =
        std::env::home_dir().context("cannot find cargo's folder: there is no home directory")?;
    Ok(home.join(".cargo"))
}
