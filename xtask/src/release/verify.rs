//! `cargo xtask release --verify DIR`: whether a finished folder is what was released, and its
//! binary runs.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::version::Version;
use super::{layout, sums, tarball};
use crate::{run, say};

pub(crate) fn run(folder: &Path) -> Result<()> {
    let names = sums::check(folder)?;
    say::line(format_args!("{} files are as in {}", names.len(), sums::NAME));

    let tarballs: Vec<_> =
        names.iter().filter_map(|name| Some((name, layout::parse_tarball(name)?))).collect();
    ensure!(!tarballs.is_empty(), "{} holds no sealift-VERSION-TARGET.tar.gz", folder.display());
    for (name, (version, target)) in tarballs {
        if !is_for_this_machine(target) {
            say::line(format_args!("{name} is for another machine: not run"));
            continue;
        }
        let place = tempfile::tempdir().context("cannot make a folder to unpack in")?;
        tarball::unpack(&folder.join(name), place.path())?;
        let stem = name.strip_suffix(".tar.gz").unwrap_or(name);
        let sealift = place.path().join(stem).join("sealift");
        try_binary(&sealift, version)?;
        say::line(format_args!("{name}: sealift runs, and says that it is {version}"));
        let images = folder.join("images");
        if images.is_dir() {
            let verify = ["verify", "--deep", "--dir"];
            ensure!(
                run::shown(Command::new(&sealift).args(verify).arg(&images))?,
                "an image in {} is damaged",
                images.display()
            );
        }
    }
    Ok(())
}

/// Runs a binary and looks whether it is of this version.
pub(crate) fn try_binary(sealift: &Path, version: Version) -> Result<()> {
    let said = run::read(Command::new(sealift).arg("--version"))?;
    ensure!(
        said.trim() == format!("sealift {version}"),
        "{} says that it is {}, and should be {version}",
        sealift.display(),
        said.trim()
    );
    Ok(())
}

fn is_for_this_machine(target: &str) -> bool {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    target.starts_with(std::env::consts::ARCH) && target.contains(system)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

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
        assert!(error.ends_with("says that it is sealift 0.1.0, and should be 0.2.0"), "{error}");
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
        assert!(error.ends_with("holds no sealift-VERSION-TARGET.tar.gz"), "{error}");
    }
}
