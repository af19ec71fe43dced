//! `cargo xtask features`: checks that every published crate builds without features, with each
//! feature alone, and with all.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{metadata, run, workspace};

pub(crate) fn run() -> Result<()> {
    let metadata = metadata::read(workspace::root(), &["--no-deps", "--locked"])?;
    for package in metadata::published(&metadata) {
        let name = package["name"].as_str().unwrap_or_default();
        for selection in selections(package) {
            check(name, &selection)?;
        }
        // Tests are checked separately, because their dependencies can turn on features that the
        // crate itself does not turn on. Tests of a crate without features are always the same.
        if !features(package).is_empty() {
            check(name, &["--no-default-features".to_owned(), "--all-targets".to_owned()])?;
        }
    }
    Ok(())
}

fn check(package: &str, selection: &[String]) -> Result<()> {
    let mut check = run::cargo(&["check", "--quiet", "--locked", "--package", package]);
    ensure!(run::shown(check.args(selection))?, "{package} does not build with these features");
    Ok(())
}

/// Returns the arguments that select the features of a package: none, each alone, and all.
fn selections(package: &Value) -> Vec<Vec<String>> {
    let none = "--no-default-features".to_owned();
    let alone = |name: &String| vec![none.clone(), "--features".to_owned(), name.clone()];
    let mut selections = vec![vec![none.clone()]];
    selections.extend(features(package).into_iter().map(alone));
    // A single feature is the same as all.
    if selections.len() > 2 {
        selections.push(vec!["--all-features".to_owned()]);
    }
    selections
}

/// Returns the features of a package, without a `default` that turns nothing on.
fn features(package: &Value) -> Vec<&String> {
    let features = package["features"].as_object().into_iter().flatten();
    let is_empty = |turned_on: &Value| turned_on.as_array().is_some_and(Vec::is_empty);
    features
        .filter(|(name, turned_on)| *name != "default" || !is_empty(turned_on))
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(features: Value) -> Vec<String> {
        let selections = selections(&json!({ "features": features }));
        selections.iter().map(|arguments| arguments.join(" ")).collect()
    }

    #[test]
    fn none_each_and_all_are_checked() {
        assert_eq!(of(json!({})), ["--no-default-features"]);
        let one = ["--no-default-features", "--no-default-features --features a"];
        assert_eq!(of(json!({ "a": [] })), one);
        assert_eq!(of(json!({ "a": [], "default": [] })), one);
        assert_eq!(
            of(json!({ "a": [], "b": ["dep:c"] })),
            [
                "--no-default-features",
                "--no-default-features --features a",
                "--no-default-features --features b",
                "--all-features"
            ]
        );
    }
}
