//! The changes that a release makes in the workspace: the version, and the date in the changelog.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::changelog;
use super::version::{self, Version};

/// The files that change, with their new text, and the notes from the changelog.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edits {
    pub(crate) files: Vec<(String, String)>,
    pub(crate) notes: String,
}

/// A file's path, relative to the workspace, and its text.
type File = (String, String);

/// The lock file, which also contains the crates' versions.
const LOCK: &str = "Cargo.lock";

/// The texts from which edits are decided.
pub(crate) struct Texts {
    pub(crate) manifest: String,
    pub(crate) changelog: String,
    lock: String,
    /// The examples' manifests, which name the crates by their versions.
    examples: Vec<File>,
}

impl Texts {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text = |name: &str| {
            fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"))
        };
        let files = |names: Vec<String>| -> Result<Vec<File>> {
            names.into_iter().map(|name| Ok((name.clone(), text(&name)?))).collect()
        };
        let mut examples = Vec::new();
        for entry in fs::read_dir(root.join("examples")).context("cannot read examples")? {
            let entry = entry?;
            if entry.path().join("Cargo.toml").is_file() {
                examples.push(format!("examples/{}/Cargo.toml", entry.file_name().display()));
            }
        }
        examples.sort();
        Ok(Self {
            manifest: text("Cargo.toml")?,
            changelog: text("CHANGELOG.md")?,
            lock: text(LOCK)?,
            examples: files(examples)?,
        })
    }
}

/// Decides on the changes for a version. A changelog without an entry for it is not changed.
pub(crate) fn edits(texts: &Texts, members: &[String], new: Version, day: &str) -> Result<Edits> {
    let old = version::of_manifest(&texts.manifest)?;
    let mut files = Vec::new();
    let mut change = |name: &str, before: &str, after: String| {
        if before != after {
            files.push((name.to_owned(), after));
        }
    };
    if old != new {
        change("Cargo.toml", &texts.manifest, version::in_manifest(&texts.manifest, old, new)?);
        change(LOCK, &texts.lock, version::in_lock(&texts.lock, members, old, new));
        for (name, manifest) in &texts.examples {
            change(name, manifest, version::in_example(manifest, members, old, new));
        }
    }
    let entry = changelog::Entry::find(&texts.changelog, new);
    if entry.is_some() {
        let dated = changelog::dated(&texts.changelog, new, day)?;
        change("CHANGELOG.md", &texts.changelog, dated);
    }
    Ok(Edits { files, notes: entry.map(|entry| entry.notes().to_owned()).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        Texts {
            manifest: "[workspace.package]\nversion = \"0.1.0\"\n".to_owned(),
            changelog: "# Changelog\n\n## Unreleased\n\n- All.\n".to_owned(),
            lock: "name = \"sealift\"\nversion = \"0.1.0\"\n".to_owned(),
            examples: Vec::new(),
        }
    }

    fn names(edits: &Edits) -> Vec<&str> {
        edits.files.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn only_what_differs_is_changed() {
        let members = ["sealift".to_owned()];
        let of = |texts: &Texts, version: &str| {
            edits(texts, &members, version.parse().unwrap(), "2026-01-31").unwrap()
        };
        let first = of(&texts(), "0.1.0");
        assert_eq!(names(&first), ["CHANGELOG.md"]);
        assert_eq!(first.notes, "- All.");
        assert_eq!(names(&of(&texts(), "0.2.0")), ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"]);

        let released = Texts { changelog: first.files[0].1.clone(), ..texts() };
        assert!(of(&released, "0.1.0").files.is_empty(), "a release is dated once");
        assert_eq!(of(&released, "0.1.0").notes, "- All.");
        assert_eq!(names(&of(&released, "0.2.0")), ["Cargo.toml", "Cargo.lock"]);
    }

    #[test]
    fn no_file_of_this_workspace_keeps_the_old_version() {
        let texts = Texts::read(crate::workspace::root()).unwrap();
        let old = version::of_manifest(&texts.manifest).unwrap();
        let members = crate::release::plan::members().unwrap();
        let edits = edits(&texts, &members, "999.0.1".parse().unwrap(), "2026-01-31").unwrap();
        let of = |end: &str| names(&edits).iter().filter(|name| name.ends_with(end)).count();
        assert_eq!((of("Cargo.lock"), of("/Cargo.toml")), (1, texts.examples.len()));
        assert!(texts.examples.len() >= 5);
        for (name, text) in edits.files.iter().filter(|(name, _)| name.ends_with("/Cargo.toml")) {
            let ours: Vec<_> = text.lines().filter(|line| line.starts_with("sealift-")).collect();
            let is_old = |line: &&&str| line.contains(&format!("\"{old}\""));
            assert_eq!(ours.iter().find(is_old), None, "{name}");
        }
    }
}
