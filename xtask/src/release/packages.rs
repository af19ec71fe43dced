//! The crates as packages, each built from its own package and those of the others, and used from
//! it by an example.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::plan::{Release, made};
use crate::{examples, metadata, run};

pub(crate) fn run(release: &Release) -> Result<()> {
    let (source, packing) = (release.layout.source(), release.layout.packing());
    let metadata = metadata::read(&source, &["--no-deps", "--locked", "--offline"])?;
    let names = published(&metadata);

    let mut package = run::cargo(&["package", "--locked", "--target-dir"]);
    package.arg(&packing).current_dir(&source);
    for name in &names {
        package.args(["--package", name]);
    }
    ensure!(run::shown(&mut package)?, "not every package can be built from what is in it");

    let finished = release.layout.packages();
    if finished.exists() {
        fs::remove_dir_all(&finished)?;
    }
    fs::create_dir_all(&finished)?;
    for name in &names {
        let file = format!("{name}-{}.crate", release.version);
        fs::copy(packing.join("package").join(&file), finished.join(&file))
            .with_context(|| format!("there is no {file}"))?;
        made(&finished.join(&file))?;
    }
    let unpacked = |name: &String| {
        let folder = packing.join("package").join(format!("{name}-{}", release.version));
        (name.clone(), folder)
    };
    // A patch that nothing uses would change the examples' lock file.
    let packages: Vec<_> = libraries(&metadata).iter().map(unpacked).collect();
    examples::test_with(&source, &packing, &packages)
}

/// Returns the names of the crates that are published.
fn published(metadata: &Value) -> Vec<String> {
    names(metadata::published(metadata))
}

/// Returns the names of those that are libraries.
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
    fn what_serves_the_workspace_alone_is_not_packed() {
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
