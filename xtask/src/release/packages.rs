//! The crates as packages, each built from its own package and those of the others, and used from it by an example.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Release;
use crate::{examples, run, workspace};

pub(crate) fn run(release: &Release) -> Result<()> {
    let (source, packing) = (release.layout.source(), release.layout.packing());
    let metadata = workspace::metadata(&source, &["--no-deps", "--locked", "--offline"])?;
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
        super::made(&finished.join(&file))?;
    }
    let unpacked = |name: &String| {
        let folder = packing.join("package").join(format!("{name}-{}", release.version));
        (name.clone(), folder)
    };
    let packages: Vec<_> = names.iter().map(unpacked).collect();
    examples::test_with(&source, &packing, &packages)
}

/// Names the crates that are published.
fn published(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    // What is never published allows no registry at all.
    let packages = packages.filter(|package| package["publish"].is_null());
    packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serves_the_workspace_alone_is_not_packed() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "sealift", "publish": null },
            { "name": "xtask", "publish": [] },
        ] });
        assert_eq!(published(&metadata), ["sealift"]);
    }
}
