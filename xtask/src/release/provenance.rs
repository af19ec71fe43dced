//! The provenance of a release's files: an in-toto statement with SLSA's predicate, which tools
//! such as cosign can sign unchanged.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::plan::{Release, made};
use super::sums;

/// Writes the statement about every finished file.
pub(crate) fn write(releases: &[&Release]) -> Result<()> {
    let release = releases[0];
    let root = release.layout.root();
    // A statement of an earlier run must not be a subject of this one.
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(END) {
            fs::remove_file(path)?;
        }
    }
    let name = match releases {
        [only] => only.layout.name(),
        _ => format!("sealift-{}", release.version),
    };
    let file = root.join(format!("{name}{END}"));
    let sums = sums::of_folder(root)?;
    let facts = Facts {
        version: release.version.to_string(),
        commit: release.head.clone(),
        is_dirty: !release.facts.changed.is_empty(),
        compilers: releases
            .iter()
            .map(|release| (release.layout.target().to_owned(), release.toolchain.rustc.clone()))
            .collect(),
        builder: builder(std::env::var("GITHUB_RUN_ID").ok().as_deref()),
    };
    let text = serde_json::to_string_pretty(&statement(&facts, &sums))? + "\n";
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    made(&file)
}

const END: &str = ".provenance.json";

struct Facts {
    version: String,
    commit: String,
    /// Whether files differed from the commit, which is possible only in a rehearsal.
    is_dirty: bool,
    /// The targets, each with the version of its compiler.
    compilers: BTreeMap<String, String>,
    builder: String,
}

/// Returns the URL of the run on GitHub that built the release, or of the page that describes a
/// build on another machine.
fn builder(run: Option<&str>) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    match run {
        Some(run) => format!("{repository}/actions/runs/{run}"),
        None => format!("{repository}/blob/main/docs/releasing.md"),
    }
}

fn statement(facts: &Facts, sums: &str) -> Value {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let subjects: Vec<Value> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| json!({ "name": name, "digest": { "sha256": sum } }))
        .collect();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": format!("{repository}/blob/main/docs/releasing.md"),
                "externalParameters": {
                    "version": facts.version,
                    "targets": facts.compilers.keys().collect::<Vec<_>>(),
                },
                "internalParameters": { "rustc": facts.compilers, "dirty": facts.is_dirty },
                "resolvedDependencies": [{
                    "uri": format!("git+{repository}"),
                    "digest": { "gitCommit": facts.commit },
                }],
            },
            "runDetails": { "builder": { "id": facts.builder } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_subject_and_the_commit_is_named() {
        let facts = Facts {
            version: "0.2.0".to_owned(),
            commit: "c0ffee".to_owned(),
            is_dirty: false,
            compilers: BTreeMap::from([(
                "x86_64-unknown-linux-musl".to_owned(),
                "rustc 1.95.0".to_owned(),
            )]),
            builder: builder(Some("7")),
        };
        let statement = statement(&facts, "aa  NOTES.md\nbb  images/a b.zip\n");
        assert_eq!(statement["subject"][1]["name"], "images/a b.zip");
        assert_eq!(statement["subject"][1]["digest"]["sha256"], "bb");
        let definition = &statement["predicate"]["buildDefinition"];
        assert_eq!(definition["externalParameters"]["targets"][0], "x86_64-unknown-linux-musl");
        assert_eq!(definition["resolvedDependencies"][0]["digest"]["gitCommit"], "c0ffee");
        let builder = statement["predicate"]["runDetails"]["builder"]["id"].as_str().unwrap();
        assert!(builder.ends_with("/actions/runs/7"), "{builder}");
    }
}
