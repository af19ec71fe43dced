//! Whether every crate builds with none of its features, with each alone, and with all.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{run, workspace};

pub(crate) fn run() -> Result<()> {
    let metadata = workspace::metadata(workspace::root(), &["--no-deps"])?;
    for Combination { package, features } in combinations(&metadata) {
        let mut arguments = vec!["check", "--quiet", "--locked", "--package", &package];
        match &features {
            Features::None => arguments.push("--no-default-features"),
            Features::One(name) => arguments.extend(["--no-default-features", "--features", name]),
            Features::All => arguments.push("--all-features"),
        }
        let mut check = run::cargo(&arguments);
        ensure!(run::shown(&mut check)?, "{package} doesn't build so");
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Combination {
    package: String,
    features: Features,
}

#[derive(Debug, PartialEq, Eq)]
enum Features {
    None,
    One(String),
    All,
}

/// Gives the ways to build each crate that is published; one where it has no features.
fn combinations(metadata: &Value) -> Vec<Combination> {
    let mut combinations = Vec::new();
    for package in workspace::published(metadata) {
        let name = package["name"].as_str().unwrap_or_default();
        let features = package["features"].as_object();
        let features: Vec<&str> = features
            .into_iter()
            .flat_map(|features| features.keys())
            .map(String::as_str)
            .filter(|feature| *feature != "default")
            .collect();
        let mut add =
            |features| combinations.push(Combination { package: name.to_owned(), features });
        add(Features::None);
        for feature in &features {
            add(Features::One((*feature).to_owned()));
        }
        if features.len() > 1 {
            add(Features::All);
        }
    }
    combinations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_is_built_alone_and_all_together() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "plain", "publish": null, "features": {} },
            { "name": "one", "publish": null, "features": { "default": ["a"], "a": [] } },
            { "name": "two", "publish": null, "features": { "a": [], "b": ["a"] } },
            { "name": "xtask", "publish": [], "features": { "c": [] } },
        ] });
        let found: Vec<String> = combinations(&metadata)
            .iter()
            .map(|Combination { package, features }| match features {
                Features::None => format!("{package} -"),
                Features::One(name) => format!("{package} {name}"),
                Features::All => format!("{package} *"),
            })
            .collect();
        assert_eq!(found, ["plain -", "one -", "one a", "two -", "two a", "two b", "two *"]);
    }
}
