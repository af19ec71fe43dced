//! `cargo xtask release --verify DIR`: verifies that a finished folder is what was released, and
//! that its binaries run.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::machine::Machine;
use super::toolchain::Toolchain;
use super::version::Version;
use super::{emulator, layout, sums, tarball};
use crate::{run, say};

pub(crate) fn run(folder: &Path) -> Result<()> {
    let names = sums::check(folder)?;
    say::line(format_args!("{} files match {}", names.len(), sums::NAME));

    let tarballs: Vec<_> =
        names.iter().filter_map(|name| Some((name, layout::parse_tarball(name)?))).collect();
    ensure!(!tarballs.is_empty(), "{} contains no sealift-VERSION-TARGET.tar.gz", folder.display());
    for (name, (version, target)) in tarballs {
        let Some(run) = runner(target) else {
            say::line(format_args!("{name} is for another machine, and was not run"));
            continue;
        };
        let place = tempfile::tempdir().context("cannot make a folder to unpack in")?;
        tarball::unpack(&folder.join(name), place.path())?;
        let stem = name.strip_suffix(".tar.gz").unwrap_or(name);
        let sealift = place.path().join(stem).join("sealift");
        expect_version(&mut run(&sealift), &sealift, version)?;
        say::line(format_args!("{name}: sealift runs, and its version is {version}"));
        let images = folder.join("images");
        if images.is_dir() {
            let verify = ["verify", "--deep", "--dir"];
            ensure!(
                run::shown(run(&sealift).args(verify).arg(&images))?,
                "an image in {} is damaged",
                images.display()
            );
        }
    }
    Ok(())
}

/// Runs a binary and verifies its version, and that it can resolve names of hosts.
///
/// A static GNU C library must do so with any `/etc/nsswitch.conf`, see `static_names.c`.
pub(crate) fn try_binary(toolchain: &Toolchain, sealift: &Path, version: Version) -> Result<()> {
    expect_version(&mut toolchain.command(sealift), sealift, version)?;
    let folder = tempfile::tempdir().context("cannot make a folder for the binary")?;
    let mut connect = toolchain.command(sealift);
    connect.args(connect_to("localhost")).current_dir(folder.path());
    expect_refusal(&mut connect)?;
    if !toolchain.has_gnu_inside() || !Path::new(NAME_SERVICES).exists() {
        return Ok(());
    }
    let services = folder.path().join("nsswitch.conf");
    fs::write(&services, "hosts: nothing\npasswd: nothing\ngroup: nothing\n")?;
    let mut isolated = Command::new("unshare");
    isolated.args(["--map-root-user", "--mount", "sh", "-c", MOUNT_AND_RUN, "sh"]);
    isolated.arg(&services).arg(connect.get_program()).args(connect.get_args());
    expect_refusal(isolated.current_dir(folder.path()))
}

/// The configuration of the modules by which the GNU C library resolves names.
const NAME_SERVICES: &str = "/etc/nsswitch.conf";

/// Runs a command that sees the first argument in the place of [`NAME_SERVICES`].
const MOUNT_AND_RUN: &str = "mount --bind \"$1\" /etc/nsswitch.conf && shift && exec \"$@\"";

/// Returns arguments with which the command connects to an engine that does not exist.
///
/// Port 1 is reserved for an unused protocol.
pub(crate) fn connect_to(name: &str) -> [String; 5] {
    let host = format!("tcp://{name}:1");
    ["update", "sealift:0.0.0.1", "--dry-run", "--host", &host].map(str::to_owned)
}

/// Runs the command and verifies that it resolved the engine's name to an address, which refused
/// the connection.
pub(crate) fn expect_refusal(command: &mut Command) -> Result<()> {
    let output = command.output().context("cannot run the command")?;
    let printed = String::from_utf8_lossy(&output.stderr);
    let is_refused = printed.to_lowercase().contains("connection refused");
    ensure!(is_refused, "the binary does not resolve names of hosts: {}", printed.trim());
    Ok(())
}

fn expect_version(command: &mut Command, sealift: &Path, version: Version) -> Result<()> {
    let printed = run::read(command.arg("--version"))?;
    ensure!(
        printed.trim() == format!("sealift {version}"),
        "{} has the version {}, and should have {version}",
        sealift.display(),
        printed.trim()
    );
    Ok(())
}

/// Returns a function that makes commands of programs for a target, or `None` if they do not run
/// on this machine.
fn runner(target: &str) -> Option<impl Fn(&Path) -> Command> {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let is_native = target.starts_with(std::env::consts::ARCH) && target.contains(system);
    let emulator = match is_native {
        true => None,
        false => Some(emulator::find(Machine::of_target(target)?)?),
    };
    Some(move |program: &Path| emulator::command(emulator.as_deref(), program))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_name_that_is_not_resolved_is_an_error() {
        let prints = |text: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("echo '{text}' >&2; exit 6")]);
            shell
        };
        expect_refusal(&mut prints("  caused by: Connection refused (os error 111)")).unwrap();
        let error = expect_refusal(&mut prints("failed to lookup address information"));
        assert_eq!(
            error.unwrap_err().to_string(),
            "the binary does not resolve names of hosts: failed to lookup address information"
        );
    }

    /// Creates a finished folder whose binary is a script that prints its version.
    fn finished(said: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let stage = folder.path().join(".work");
        fs::create_dir(&stage).unwrap();
        let sealift = stage.join("sealift");
        fs::write(&sealift, format!("#!/bin/sh\necho {said}\n")).unwrap();
        fs::set_permissions(&sealift, fs::Permissions::from_mode(0o755)).unwrap();
        let target = format!("{}-unknown-{}-gnu", std::env::consts::ARCH, std::env::consts::OS)
            .replace("-macos-", "-darwin-");
        let name = format!("sealift-0.2.0-{target}");
        let tarball = folder.path().join(format!("{name}.tar.gz"));
        tarball::pack(&stage, &name, 0, &tarball).unwrap();
        fs::create_dir(folder.path().join("packages")).unwrap();
        fs::write(folder.path().join("packages/sealift-0.2.0.crate"), "a crate").unwrap();
        let text = sums::of_folder(folder.path()).unwrap();
        fs::write(folder.path().join(sums::NAME), text).unwrap();
        folder
    }

    #[test]
    fn a_finished_folder_is_checked_and_its_binary_run() {
        run(finished("sealift 0.2.0").path()).unwrap();
    }

    #[test]
    fn a_binary_of_another_version_is_refused() {
        let error = run(finished("sealift 0.1.0").path()).unwrap_err().to_string();
        assert!(error.ends_with("has the version sealift 0.1.0, and should have 0.2.0"), "{error}");
    }

    #[test]
    fn a_changed_file_is_refused_before_anything_runs() {
        let folder = finished("sealift 0.2.0");
        fs::write(folder.path().join("packages/sealift-0.2.0.crate"), "another").unwrap();
        let error = run(folder.path()).unwrap_err().to_string();
        assert!(error.contains("packages/sealift-0.2.0.crate: FAILED"), "{error}");
    }

    #[test]
    fn a_folder_without_sums_or_without_a_tarball_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(run(folder.path()).unwrap_err().to_string().starts_with("cannot read "));
        fs::write(folder.path().join("NOTES.md"), "").unwrap();
        let text = sums::of_folder(folder.path()).unwrap();
        fs::write(folder.path().join(sums::NAME), text).unwrap();
        let error = run(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("contains no sealift-VERSION-TARGET.tar.gz"), "{error}");
    }
}
