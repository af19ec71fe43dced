//! How the files of a release came about: a statement of in-toto with SLSA's provenance, which
//! signing tools such as cosign take as it is.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::plan::{Release, made};
use super::sums;
use crate::{run, rustc};

/// Writes the statement about every finished file.
pub(crate) fn write(release: &Release) -> Result<()> {
    let root = release.layout.root();
    // One of an earlier run is no subject of this one.
    release.forget("sealift-", ".provenance.json")?;
    let file = root.join(format!("{}.provenance.json", release.layout.name()));
    let sums = sums::of_folder(root)?;
    let facts = Facts {
        version: release.version.to_string(),
        commit: release.head.clone(),
        is_dirty: !release.facts.changed.is_empty(),
        target: release.layout.target().to_owned(),
        rustc: run::read(&mut rustc::call(&["--version"]))?.trim().to_owned(),
        builder: builder(std::env::var("GITHUB_RUN_ID").ok().as_deref()),
    };
    let text = serde_json::to_string_pretty(&statement(&facts, &sums))? + "\n";
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    made(&file)
}

struct Facts {
    version: String,
    commit: String,
    /// Whether files differed from the commit, as only in a rehearsal.
    is_dirty: bool,
    target: String,
    rustc: String,
    builder: String,
}

/// Names where it was built: a run on GitHub, or a machine that nobody else can look into.
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
                "externalParameters": { "version": facts.version, "target": facts.target },
                "internalParameters": { "rustc": facts.rustc, "dirty": facts.is_dirty },
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
            target: "x86_64-unknown-linux-musl".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            builder: builder(Some("7")),
        };
        let statement = statement(&facts, "aa  NOTES.md\nbb  images/a b.zip\n");
        assert_eq!(statement["subject"][1]["name"], "images/a b.zip");
        assert_eq!(statement["subject"][1]["digest"]["sha256"], "bb");
        let definition = &statement["predicate"]["buildDefinition"];
        assert_eq!(definition["resolvedDependencies"][0]["digest"]["gitCommit"], "c0ffee");
        let builder = statement["predicate"]["runDetails"]["builder"]["id"].as_str().unwrap();
        assert!(builder.ends_with("/actions/runs/7"), "{builder}");
    }
}
