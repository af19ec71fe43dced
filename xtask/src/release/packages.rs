//! The crates as packages. All are built from their packages, outside of the source, and the
//! examples are tested with the packages.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::plan::{Release, made};
use super::tarball;
use crate::{metadata, run};

pub(crate) fn run(release: &Release) -> Result<()> {
    let (source, packing) = (release.layout.source(), release.layout.packing());
    let metadata = metadata::read(&source, &["--no-deps", "--locked", "--offline"])?;
    let names = published(&metadata);

    // Cargo's own verification builds each package separately, and compiles the dependencies again
    // for almost every one.
    let mut package = run::cargo(&["package", "--locked", "--no-verify", "--target-dir"]);
    package.arg(&packing).current_dir(&source);
    for name in &names {
        package.args(["--package", name]);
    }
    ensure!(run::shown(&mut package)?, "a crate cannot be packed");

    let (finished, unpacked) = (release.layout.packages(), release.layout.unpacked());
    for folder in [&finished, &unpacked] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    for name in &names {
        let file = format!("{name}-{}.crate", release.version);
        fs::copy(packing.join("package").join(&file), finished.join(&file))
            .with_context(|| format!("cargo wrote no {file}"))?;
        tarball::unpack(&finished.join(&file), &unpacked)?;
        made(&finished.join(&file))?;
    }
    let folder =
        |name: &String| (name.clone(), unpacked.join(format!("{name}-{}", release.version)));
    let packages: Vec<_> = libraries(&metadata).iter().map(folder).collect();

    let mut build = in_workspace(&["build", "--all-features"], &unpacked, release, &packages)?;
    ensure!(run::shown(&mut build)?, "a crate does not build from its package");
    // As members of the source's workspace, the examples would be built with its crates.
    let examples = source.join("examples");
    let mut test = in_workspace(&["test"], &examples, release, &packages)?;
    ensure!(run::shown(&mut test)?, "the examples fail with the packages");
    Ok(())
}

/// Returns a command that calls cargo in a folder of packages, as a workspace that uses these
/// packages, given by name and folder, and the versions of the source's lock file.
fn in_workspace(
    arguments: &[&str],
    folder: &Path,
    release: &Release,
    packages: &[(String, PathBuf)],
) -> Result<Command> {
    let mut manifest =
        "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"hello\"]\n\n\
                        [patch.crates-io]\n"
            .to_owned();
    for (name, folder) in packages {
        let _ = writeln!(manifest, "{name} = {{ path = '{}' }}", folder.display());
    }
    let file = folder.join("Cargo.toml");
    fs::write(&file, manifest).with_context(|| format!("cannot write {}", file.display()))?;
    fs::copy(release.layout.source().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut command = run::cargo(arguments);
    command.args(["--offline", "--target-dir"]).arg(release.layout.packing()).current_dir(folder);
    // These programs are not debugged.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    Ok(command)
}

/// Returns the names of the crates that are published.
fn published(metadata: &Value) -> Vec<String> {
    names(metadata::published(metadata))
}

/// Returns the names of the published crates that are libraries.
fn libraries(metadata: &Value) -> Vec<String> {
    let is_library = |target: &Value| target["kind"] == json!(["lib"]);
    names(
        metadata::published(metadata)
            .filter(|package| package["targets"].as_array().into_iter().flatten().any(is_library)),
    )
}

fn names<'a>(packages: impl Iterator<Item = &'a Value>) -> Vec<String> {
    packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_the_workspace_alone_are_not_packed() {
        let target = |kind: &str| json!([{ "kind": [kind] }]);
        let metadata = json!({ "packages": [
            { "name": "sealift", "publish": null, "targets": target("bin") },
            { "name": "sealift-store", "publish": null, "targets": target("lib") },
            { "name": "sealift-testing", "publish": [], "targets": target("lib") },
        ] });
        assert_eq!(published(&metadata), ["sealift", "sealift-store"]);
        assert_eq!(libraries(&metadata), ["sealift-store"]);
    }
}
