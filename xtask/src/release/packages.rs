//! The crates as packages. Each is built from its package and those of the other crates, and the
//! examples are tested with the packages.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::plan::{Release, made};
use crate::{metadata, run};

pub(crate) fn run(release: &Release) -> Result<()> {
    let (source, packing) = (release.layout.source(), release.layout.packing());
    let metadata = metadata::read(&source, &["--no-deps", "--locked", "--offline"])?;
    let names = published(&metadata);

    let mut package = run::cargo(&["package", "--locked", "--target-dir"]);
    package.arg(&packing).current_dir(&source);
    for name in &names {
        package.args(["--package", name]);
    }
    ensure!(
        run::shown(&mut package)?,
        "a crate cannot be packed, or does not build from its package"
    );

    let finished = release.layout.packages();
    if finished.exists() {
        fs::remove_dir_all(&finished)?;
    }
    fs::create_dir_all(&finished)?;
    for name in &names {
        let file = format!("{name}-{}.crate", release.version);
        fs::copy(packing.join("package").join(&file), finished.join(&file))
            .with_context(|| format!("cargo wrote no {file}"))?;
        made(&finished.join(&file))?;
    }
    let unpacked = |name: &String| {
        let folder = packing.join("package").join(format!("{name}-{}", release.version));
        (name.clone(), folder)
    };
    let packages: Vec<_> = libraries(&metadata).iter().map(unpacked).collect();
    test_examples(&source, &packing, &packages)
}

/// Tests the examples with packages, given by name and folder.
///
/// As members of the workspace they would be built with its crates, so they get a separate
/// workspace.
fn test_examples(source: &Path, target: &Path, packages: &[(String, PathBuf)]) -> Result<()> {
    let workspace = source.join("examples");
    let mut manifest =
        "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"hello\"]\n\n\
                        [patch.crates-io]\n"
            .to_owned();
    for (name, folder) in packages {
        let _ = writeln!(manifest, "{name} = {{ path = '{}' }}", folder.display());
    }
    let file = workspace.join("Cargo.toml");
    fs::write(&file, manifest).with_context(|| format!("cannot write {}", file.display()))?;
    fs::copy(source.join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    let mut test = run::cargo(&["test", "--offline", "--target-dir"]);
    test.arg(target).current_dir(&workspace);
    ensure!(run::shown(&mut test)?, "the examples fail with the packages");
    Ok(())
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
