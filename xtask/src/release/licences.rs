//! The licences of all packages in the binary, in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::plan::{Release, made};
use super::toolchain::Toolchain;
use crate::{metadata, say};

/// The file's name in the tarball and in the image.
pub(crate) const FILE: &str = "LICENCES-OF-DEPENDENCIES.txt";

/// Depth of folders that are searched: licences of bundled sources are one folder further down.
const DEPTH: u32 = 2;

/// A package with its licences.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    name: String,
    version: String,
    /// From its manifest: `MIT OR Apache-2.0`.
    licence: String,
    repository: String,
    texts: Vec<String>,
}

pub(crate) fn run(release: &Release) -> Result<()> {
    let source = release.layout.source();
    let target = release.layout.target();
    let metadata = metadata::read(&source, &["--locked", "--filter-platform", target])?;
    let all = packages(&metadata)?;
    let used = reached(&metadata, "sealift")?;
    let apache = fs::read_to_string(source.join("LICENSE-APACHE"))?;
    let packages: Vec<Package> = all
        .iter()
        .filter(|(id, _)| used.contains(id.as_str()))
        .map(|(_, package)| complete(package, all.values(), &apache))
        .collect::<Result<_>>()?;

    let stage = release.layout.stage();
    fs::create_dir_all(&stage)?;
    let file = stage.join(FILE);
    let text = format!("{}{}", beginning(release), written(&packages));
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    say::line(format_args!("{} packages are in the binary", packages.len()));
    made(&file)
}

fn beginning(release: &Release) -> String {
    format!(
        "The parts of sealift {} besides its own code, and their licences.\n\n\
         The Rust standard library: MIT OR Apache-2.0\n{}\n",
        release.version,
        c_library(&release.toolchain)
    )
}

/// Returns a line about the C library, if it is in the binary.
fn c_library(toolchain: &Toolchain) -> &'static str {
    match (toolchain.is_static, toolchain.target.ends_with("musl")) {
        (false, _) => "",
        (true, true) => "musl: MIT\n",
        (true, false) => {
            "The GNU C Library: LGPL-2.1-or-later. To replace it, build this release's source with another\n\
             one.\n"
        }
    }
}

/// Reads all packages outside this workspace, with the licences in their folders.
fn packages(metadata: &Value) -> Result<BTreeMap<String, Package>> {
    let packages = metadata["packages"].as_array().context("cargo's metadata has no packages")?;
    let others = packages.iter().filter(|package| !package["source"].is_null());
    others
        .map(|package| {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            let manifest = text("manifest_path");
            let folder = Path::new(&manifest).parent().context("a package has no folder")?;
            let mut texts = Vec::new();
            collect(folder, DEPTH, &mut texts)
                .with_context(|| format!("cannot read {}", folder.display()))?;
            if let Some(file) = package["license_file"].as_str() {
                texts.push(fs::read_to_string(folder.join(file))?);
            }
            let package = Package {
                name: text("name"),
                version: text("version"),
                licence: text("license"),
                repository: text("repository"),
                texts,
            };
            Ok((text("id"), package))
        })
        .collect()
}

/// Reads the licences in a folder, sorted by name.
fn collect(folder: &Path, depth: u32, texts: &mut Vec<String>) -> Result<()> {
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth > 1 {
                collect(&path, depth - 1, texts)?;
            }
        } else if path.file_name().is_some_and(|name| is_licence(&name.to_string_lossy())) {
            texts.push(String::from_utf8_lossy(&fs::read(&path)?).into_owned());
        }
    }
    Ok(())
}

fn is_licence(name: &str) -> bool {
    let name = name.to_lowercase();
    let (stem, extension) = name.split_once('.').unwrap_or((&name, ""));
    let starts = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
    // `LICENSE-2.0` has a dot too; code has an ending of its own.
    starts.iter().any(|start| stem.starts_with(start))
        && !matches!(extension, "rs" | "c" | "h" | "py" | "json" | "toml" | "yml" | "html")
}

/// Returns the ids of a member's dependencies, without those that only build or test it.
fn reached<'a>(metadata: &'a Value, member: &str) -> Result<BTreeSet<&'a str>> {
    let nodes = metadata["resolve"]["nodes"].as_array();
    let nodes: BTreeMap<&str, &Value> = nodes
        .context("cargo's metadata has no resolved dependencies")?
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut packages =
        packages.filter(|package| package["name"] == member && package["source"].is_null());
    let root = packages.next().and_then(|package| package["id"].as_str());
    let mut waiting = vec![root.with_context(|| format!("there is no crate {member}"))?];
    let mut reached = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !reached.insert(id) {
            continue;
        }
        let dependencies = nodes.get(id).and_then(|node| node["deps"].as_array());
        for dependency in dependencies.into_iter().flatten() {
            let kinds = dependency["dep_kinds"].as_array();
            let is_normal =
                kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()));
            if is_normal {
                waiting.extend(dependency["pkg"].as_str());
            }
        }
    }
    Ok(reached)
}

/// Completes a package without a licence text: with the text of another package from the same
/// repository, or with the standard text, if that names no holder.
fn complete<'a>(
    package: &Package,
    all: impl Iterator<Item = &'a Package>,
    apache: &str,
) -> Result<Package> {
    let mut package = package.clone();
    if package.texts.is_empty() {
        let is_sibling = |other: &&Package| {
            !package.repository.is_empty()
                && repository(other) == repository(&package)
                && other.licence == package.licence
                && !other.texts.is_empty()
        };
        if let Some(sibling) = all.into_iter().find(is_sibling) {
            package.texts = sibling.texts.clone();
        } else if package.licence.split(['/', ' ']).any(|word| word == "Apache-2.0") {
            package.texts = vec![apache.to_owned()];
        }
    }
    ensure!(
        !package.texts.is_empty(),
        "{} {} ({}) contains no text of its licence",
        package.name,
        package.version,
        package.licence
    );
    Ok(package)
}

/// Returns a package's repository, without the folder in it.
fn repository(package: &Package) -> &str {
    let address = package.repository.split("/tree/").next().unwrap_or_default();
    address.trim_end_matches('/').trim_end_matches(".git")
}

/// Writes packages, then each text once.
fn written(packages: &[Package]) -> String {
    let mut texts: Vec<&str> = Vec::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut list = String::new();
    for package in packages {
        let mut used = BTreeSet::new();
        for text in &package.texts {
            // Texts that differ only in line breaks count as the same.
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let number = *numbers.entry(words).or_insert_with(|| {
                texts.push(text);
                texts.len()
            });
            used.insert(number);
        }
        let used: Vec<String> = used.iter().map(|number| format!("[{number}]")).collect();
        let Package { name, version, licence, repository, .. } = package;
        let licence = if licence.is_empty() { "see text" } else { licence };
        let _ = writeln!(list, "{name} {version}: {licence}  {}  {repository}", used.join(" "));
    }
    for (index, text) in texts.iter().enumerate() {
        let text = text.trim_matches('\n').trim_end();
        let _ = write!(list, "\n{} [{}]\n\n{text}\n", "-".repeat(72), index + 1);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: &str, texts: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.to_owned(),
            repository: "https://example.org/one".to_owned(),
            texts: texts.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    #[test]
    fn each_text_is_written_once() {
        let packages = [package("a", "MIT", &["Do.\n"]), package("b", "MIT", &["Other.", "Do.  "])];
        let rule = "-".repeat(72);
        assert_eq!(
            written(&packages),
            format!(
                "a 1.0.0: MIT  [1]  https://example.org/one\n\
                 b 1.0.0: MIT  [1] [2]  https://example.org/one\n\
                 \n{rule} [1]\n\nDo.\n\n{rule} [2]\n\nOther.\n"
            )
        );
    }

    #[test]
    fn a_package_without_a_text_gets_that_of_its_repository() {
        let bare = package("bare", "MIT", &[]);
        let sibling = Package {
            repository: "https://example.org/one/tree/main/sibling".to_owned(),
            ..package("sibling", "MIT", &["Do."])
        };
        let complete_with = |others: &[Package]| complete(&bare, others.iter(), "Apache");
        assert_eq!(complete_with(&[bare.clone(), sibling.clone()]).unwrap().texts, ["Do."]);
        let stranger = Package { repository: "https://example.org/two".to_owned(), ..sibling };
        let error = complete_with(&[stranger]).unwrap_err().to_string();
        assert_eq!(error, "bare 1.0.0 (MIT) contains no text of its licence");
        let apache = package("apache", "MIT/Apache-2.0", &[]);
        assert_eq!(complete(&apache, [].iter(), "Apache").unwrap().texts, ["Apache"]);
    }

    #[test]
    fn licences_are_recognised_by_their_names() {
        for name in ["LICENSE", "LICENSE-MIT", "COPYING", "license.txt", "LICENSE-Apache-2.0_x"] {
            assert!(is_licence(name), "{name}");
        }
        for name in ["README.md", "licenses.rs", "notice.h", "src"] {
            assert!(!is_licence(name), "{name}");
        }
    }

    #[test]
    fn dependencies_of_builds_and_tests_are_not_in_the_binary() {
        let on = |package: &str, kind: Option<&str>| serde_json::json!({ "pkg": package, "dep_kinds": [{ "kind": kind }] });
        let metadata = serde_json::json!({
            "packages": [{ "name": "sealift", "id": "sealift", "source": null }],
            "resolve": { "nodes": [
                { "id": "sealift", "deps": [on("a", None), on("t", Some("dev"))] },
                { "id": "a", "deps": [on("b", None), on("cc", Some("build"))] },
                { "id": "b", "deps": [on("a", None)] },
            ] },
        });
        let found: Vec<&str> = reached(&metadata, "sealift").unwrap().into_iter().collect();
        assert_eq!(found, ["a", "b", "sealift"]);
    }
}
