//! The tables of docs/dependencies.md: the number of packages that each crate depends on, and the
//! purpose of each direct dependency.
//!
//! The purposes are in the workspace's manifest, in `[workspace.metadata.purposes]`. The rest is
//! read from cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{direction, metadata, run, workspace};

pub(crate) const PAGE: &str = "docs/dependencies.md";

/// The lines of the page before and after the tables.
const BEGIN: &str = "<!-- tables: begin -->\n";
const END: &str = "<!-- tables: end -->\n";

/// The platform that packages are counted for. The numbers for other platforms differ slightly.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A published crate and its direct dependencies.
#[derive(Debug, PartialEq, Eq)]
struct Crate {
    name: String,
    features: Vec<String>,
    /// The direct dependencies, without those of tests.
    named: BTreeSet<String>,
}

/// Returns the page with new tables.
pub(crate) fn page() -> Result<String> {
    let page = fs::read_to_string(workspace::root().join(PAGE)).context(PAGE)?;
    let (before, rest) = page.split_once(BEGIN).context("the page has no marks for its tables")?;
    let (_, after) = rest.split_once(END).context("the page has no marks for its tables")?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", tables()?))
}

fn tables() -> Result<String> {
    let metadata = metadata::read(workspace::root(), &["--locked"])?;
    let purposes = purposes(&metadata)?;
    let crates = crates(&metadata);
    let counts: Vec<Vec<usize>> = crates.iter().map(count).collect::<Result<_>>()?;
    written(&crates, &counts, &purposes, &licences(&metadata))
}

/// Returns the number of packages that are built for a crate: without features, then with each
/// feature alone.
fn count(of: &Crate) -> Result<Vec<usize>> {
    let packages = |feature: Option<&str>| -> Result<usize> {
        let mut tree = run::cargo(&["tree", "--locked", "--no-default-features"]);
        tree.args(["--package", &of.name, "--target", TARGET, "--edges", "normal,build"]);
        tree.args(["--prefix", "none", "--no-dedupe", "--format", "{p}"]);
        if let Some(feature) = feature {
            tree.args(["--features", feature]);
        }
        Ok(distinct(&run::read(&mut tree)?) - 1)
    };
    let alone = of.features.iter().map(|feature| packages(Some(feature)));
    std::iter::once(packages(None)).chain(alone).collect()
}

/// Counts the distinct packages in the output of `cargo tree`, which has a line for each use of a
/// package.
fn distinct(tree: &str) -> usize {
    tree.lines().filter(|line| !line.is_empty()).collect::<BTreeSet<_>>().len()
}

fn purposes(metadata: &Value) -> Result<BTreeMap<&str, &str>> {
    let purposes = metadata["metadata"]["purposes"].as_object();
    let purposes = purposes.context("Cargo.toml has no [workspace.metadata.purposes]")?;
    Ok(purposes
        .iter()
        .filter_map(|(name, purpose)| Some((name.as_str(), purpose.as_str()?)))
        .collect())
}

/// Returns the published crates, in the order of their dependencies.
fn crates(metadata: &Value) -> Vec<Crate> {
    let named = |package: &Value| {
        let named = package["dependencies"].as_array().into_iter().flatten();
        let normal = named.filter(|dependency| dependency["kind"].is_null());
        normal.filter_map(|dependency| dependency["name"].as_str().map(str::to_owned)).collect()
    };
    let mut crates: Vec<Crate> = metadata::published(metadata)
        .map(|package| Crate {
            name: package["name"].as_str().unwrap_or_default().to_owned(),
            features: package["features"]
                .as_object()
                .map(|features| features.keys().cloned().collect())
                .unwrap_or_default(),
            named: named(package),
        })
        .collect();
    crates.sort_by_key(|one| direction::height(&one.name));
    crates
}

fn licences(metadata: &Value) -> BTreeMap<String, String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter_map(|package| {
            let text = |key: &str| package[key].as_str().map(str::to_owned);
            Some((text("name")?, text("license")?.replace('/', " OR ")))
        })
        .collect()
}

fn written(
    crates: &[Crate],
    counts: &[Vec<usize>],
    purposes: &BTreeMap<&str, &str>,
    licences: &BTreeMap<String, String>,
) -> Result<String> {
    let mut page = "| crate | packages | with a feature |\n|---|---|---|\n".to_owned();
    for (of, counts) in crates.iter().zip(counts) {
        let with = of.features.iter().zip(&counts[1..]);
        let with: Vec<String> = with.map(|(name, count)| format!("`{name}`: {count}")).collect();
        let _ = writeln!(page, "| `{}` | {} | {} |", of.name, counts[0], with.join(", "));
    }
    let ours: BTreeSet<&str> = crates.iter().map(|of| of.name.as_str()).collect();
    let named: BTreeSet<&str> =
        crates.iter().flat_map(|of| &of.named).map(String::as_str).collect();
    let others: BTreeSet<&str> = named.difference(&ours).copied().collect();
    let explained: BTreeSet<&str> = purposes.keys().copied().collect();
    let odd: Vec<&str> = others.symmetric_difference(&explained).copied().collect();
    ensure!(
        odd.is_empty(),
        "[workspace.metadata.purposes] in Cargo.toml must name each dependency and nothing else, but differs: {}",
        odd.join(", ")
    );
    page.push_str("\n| package | used for | in | licence |\n|---|---|---|---|\n");
    for (name, purpose) in purposes {
        let users = crates.iter().filter(|of| of.named.contains(*name));
        let users: Vec<String> = users.map(|of| format!("`{}`", of.name)).collect();
        let licence = licences.get(*name).map_or("", String::as_str);
        let _ = writeln!(page, "| `{name}` | {purpose} | {} | {licence} |", users.join(", "));
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata() -> Value {
        let on = |name: &str, kind: Option<&str>| json!({ "name": name, "kind": kind });
        json!({
            "metadata": { "purposes": { "serde": "texts" } },
            "packages": [
                { "name": "sealift", "source": null, "publish": null, "features": {},
                  "dependencies": [on("sealift-store", None), on("serde", None)] },
                { "name": "sealift-store", "source": null, "publish": null, "features": { "x": [], "y": [] },
                  "dependencies": [on("serde", None), on("insta", Some("dev"))] },
                { "name": "xtask", "source": null, "publish": [], "features": {}, "dependencies": [] },
                { "name": "serde", "source": "registry", "publish": null, "license": "MIT/Apache-2.0",
                  "features": {}, "dependencies": [] },
            ],
        })
    }

    #[test]
    fn the_page_has_the_number_of_packages_and_their_purposes() {
        let metadata = metadata();
        let crates = crates(&metadata);
        let counts = [vec![1, 2, 3], vec![4]];
        let page = written(&crates, &counts, &purposes(&metadata).unwrap(), &licences(&metadata));
        let page = page.unwrap();
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(
            rows,
            [
                "| `sealift-store` | 1 | `x`: 2, `y`: 3 |",
                "| `sealift` | 4 |  |",
                "| `serde` | texts | `sealift-store`, `sealift` | MIT OR Apache-2.0 |",
            ]
        );
    }

    #[test]
    fn missing_and_superfluous_purposes_are_reported() {
        let metadata = metadata();
        let crates = crates(&metadata);
        let purposes = BTreeMap::from([("regex", "looks")]);
        let error = written(&crates, &[vec![1, 2, 3], vec![4]], &purposes, &BTreeMap::new());
        assert!(error.unwrap_err().to_string().ends_with(": regex, serde"));
    }

    #[test]
    fn a_package_that_is_used_twice_is_counted_once() {
        assert_eq!(distinct("a v1\nb v1\nb v2\n\nb v1\n"), 3);
    }
}
