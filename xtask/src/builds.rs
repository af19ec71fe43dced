//! Builds the workspace with all features of every package, so that cargo builds each dependency
//! only once for all tasks.

use anyhow::{Result, ensure};

use crate::run;

/// Builds the command.
pub(crate) fn command() -> Result<()> {
    build(&["--bin", "sealift"])
}

/// Builds the programs that the end-to-end tests run: the command and the examples.
pub(crate) fn programs() -> Result<()> {
    build(&["--bins"])
}

/// Builds the programs and all tests.
pub(crate) fn tests() -> Result<()> {
    build(&["--bins", "--tests"])
}

fn build(targets: &[&str]) -> Result<()> {
    // All packages are built. With the features of one package alone, cargo would build its
    // dependencies again.
    let mut build = run::cargo(&["build", "--locked", "--all-features"]);
    ensure!(run::shown(build.args(targets))?, "the workspace does not build");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The number of differences that are tolerated. Building a few packages twice is cheaper than
    /// a failure after each change of a feature.
    const FEW: usize = 4;

    type Features = BTreeMap<String, BTreeSet<String>>;

    /// Returns the dependencies that are built, each with all features that it is built with.
    fn features(selection: &[&str], edges: &str) -> Features {
        let mut tree =
            run::cargo(&["tree", "--locked", "--offline", "--no-dedupe", "--edges", edges]);
        tree.args(["--prefix", "none", "--format", "{p}|{f}"]).args(selection);
        let mut packages = Features::new();
        for line in run::read(&mut tree).unwrap().lines() {
            let Some((package, features)) = line.split_once('|') else { continue };
            // Packages of the workspace are not counted: few of them are built twice.
            if !package.contains(" (/") {
                let package = package.trim_end_matches(" (proc-macro)").to_owned();
                packages.entry(package).or_default().insert(features.to_owned());
            }
        }
        packages
    }

    /// Returns the packages that are built with features for the first that the second does not
    /// have.
    fn differ(first: &Features, second: &Features) -> Vec<String> {
        let differs = |(name, features): &(&String, &BTreeSet<String>)| {
            second.get(*name).is_some_and(|others| !features.is_subset(others))
        };
        let odd = first.iter().filter(differs);
        odd.map(|(name, features)| format!("{name}: {features:?} != {:?}", second[name])).collect()
    }

    #[test]
    fn few_dependencies_are_built_twice_with_different_features() {
        let workspace = ["--workspace", "--all-features"];
        let programs = features(&workspace, "normal,build");
        let tests = features(&workspace, "normal,build,dev");
        let xtask = features(&["--package", "xtask"], "normal,build");
        assert!(programs.len() > 100 && xtask.len() > 50);
        for (first, second) in [(&programs, &tests), (&xtask, &programs)] {
            let odd = differ(first, second);
            assert!(odd.len() <= FEW, "turn on these features in xtask/Cargo.toml: {odd:#?}");
        }
    }
}
