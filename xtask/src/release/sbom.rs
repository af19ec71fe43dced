//! The packages in the binary, as a bill of materials in CycloneDX's JSON.
//!
//! They are read from `cargo tree`, which applies the features and the platform of the build.
//! `cargo metadata` mixes them with those of tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::plan::{Release, made};
use crate::run;

pub(crate) fn run(release: &Release) -> Result<()> {
    let source = release.layout.source();
    let mut tree = run::cargo(&["tree", "--locked", "--package", "sealift", "--edges", "normal"]);
    tree.args(["--target", release.layout.target(), "--prefix", "none", "--no-dedupe"]);
    tree.args(["--format", "{p}|{l}|{r}"]).current_dir(&source);
    let components = components(&run::read(&mut tree)?);
    ensure!(components.len() > 50, "cargo lists only {} packages", components.len());
    let lock = fs::read_to_string(source.join("Cargo.lock"))?;
    let time = jiff::Timestamp::from_second(release.moment.seconds)?;
    let version = release.version.to_string();
    let text = serde_json::to_string_pretty(&document(
        &version,
        &time.to_string(),
        &components,
        &checksums(&lock),
    ))?;
    release.forget(".cdx.json")?;
    let file = file(release);
    fs::write(&file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    made(&file)
}

/// Returns the path of the document.
fn file(release: &Release) -> PathBuf {
    release.layout.root().join(format!("{}.cdx.json", release.layout.name()))
}

/// A package in the binary.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Component {
    name: String,
    version: String,
    licence: String,
    repository: String,
    is_ours: bool,
}

/// Reads what `cargo tree` prints, without macros, which only build what is in the binary.
fn components(tree: &str) -> BTreeSet<Component> {
    let lines = tree.lines().filter(|line| !line.contains("(proc-macro)"));
    lines
        .filter_map(|line| {
            let [package, licence, repository] =
                line.split('|').collect::<Vec<_>>().try_into().ok()?;
            let (name, rest) = package.split_once(" v")?;
            let (version, place) = rest.split_once(' ').unwrap_or((rest, ""));
            Some(Component {
                name: name.to_owned(),
                version: version.to_owned(),
                // The older form of "or".
                licence: licence.replace('/', " OR "),
                repository: repository.to_owned(),
                is_ours: !place.is_empty(),
            })
        })
        .collect()
}

/// Reads the checksums of packages from a lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let mut checksums = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let start = format!("{key} = \"");
            package.lines().find_map(|line| line.strip_prefix(&*start)?.strip_suffix('"'))
        };
        if let (Some(name), Some(version), Some(sum)) =
            (value("name"), value("version"), value("checksum"))
        {
            checksums.insert((name, version), sum);
        }
    }
    checksums
}

fn document(
    version: &str,
    time: &str,
    components: &BTreeSet<Component>,
    checksums: &BTreeMap<(&str, &str), &str>,
) -> Value {
    let reference = |it: &Component| format!("pkg:cargo/{}@{}", it.name, it.version);
    let described = |it: &Component| {
        let mut described = json!({
            "type": "library",
            "bom-ref": reference(it),
            "name": it.name,
            "version": it.version,
            "purl": reference(it),
        });
        if !it.licence.is_empty() {
            described["licenses"] = json!([{ "expression": it.licence }]);
        }
        if !it.repository.is_empty() {
            described["externalReferences"] = json!([{ "type": "vcs", "url": it.repository }]);
        }
        if let Some(sum) = checksums.get(&(&*it.name, &*it.version)) {
            described["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        described
    };
    let (program, libraries): (Vec<_>, Vec<_>) =
        components.iter().partition(|it| it.is_ours && it.name == "sealift");
    let mut program = program.first().map_or(json!({}), |it| described(it));
    program["type"] = json!("application");
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": program,
            "tools": { "components": [
                { "type": "application", "name": "sealift's release task", "version": version },
            ] },
        },
        "components": libraries.iter().map(|it| described(it)).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "sealift v0.2.0 (/a/crates/cli)|MIT OR Apache-2.0|https://example.org/sealift\n\
        clap v4.6.9|MIT/Apache-2.0|https://example.org/clap\nclap v4.6.9|MIT/Apache-2.0|https://example.org/clap\n\
        clap_derive v4.6.1 (proc-macro)|MIT|\n\nring v0.17.14||\n";

    #[test]
    fn what_is_in_the_binary_is_listed_once_and_macros_are_not() {
        let components = components(TREE);
        let names: Vec<_> = components.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["clap", "ring", "sealift"]);
        let lock = "version = 4\n\n[[package]]\nname = \"clap\"\nversion = \"4.6.9\"\n\
                    checksum = \"00ff\"\n\n[[package]]\nname = \"sealift\"\nversion = \"0.2.0\"\n";
        let document = document("0.2.0", "2026-01-31T00:00:00Z", &components, &checksums(lock));
        assert_eq!(document["metadata"]["component"]["purl"], "pkg:cargo/sealift@0.2.0");
        assert_eq!(document["metadata"]["component"]["type"], "application");
        let clap = &document["components"][0];
        assert_eq!(clap["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(clap["hashes"][0]["content"], "00ff");
        let ring = &document["components"][1];
        assert!(ring["licenses"].is_null() && ring["hashes"].is_null(), "{ring}");
    }
}
