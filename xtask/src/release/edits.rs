//! What a release changes in the workspace: the version, and the changelog's date.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::changelog;
use super::version::{self, Version};

/// The files that change, with their new text, and what the changelog says.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    pub(crate) files: Vec<(String, String)>,
    pub(crate) notes: String,
}

/// What is read to decide on edits.
pub(crate) struct Texts {
    pub(crate) manifest: String,
    pub(crate) lock: String,
    pub(crate) changelog: String,
}

impl Texts {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text = |name: &str| {
            fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"))
        };
        Ok(Self {
            manifest: text("Cargo.toml")?,
            lock: text("Cargo.lock")?,
            changelog: text("CHANGELOG.md")?,
        })
    }
}

/// Decides what has to change for a version. Without an entry in the changelog, that stays as it is.
pub(crate) fn edits(texts: &Texts, members: &[String], new: Version, day: &str) -> Result<Edits> {
    let old = version::of_manifest(&texts.manifest)?;
    let (manifest, lock) = if old == new {
        (texts.manifest.clone(), texts.lock.clone())
    } else {
        (
            version::in_manifest(&texts.manifest, old, new)?,
            version::in_lock(&texts.lock, members, old, new),
        )
    };
    let entry = changelog::Entry::find(&texts.changelog, new);
    let changelog = match entry {
        Some(_) => changelog::dated(&texts.changelog, new, day)?,
        None => texts.changelog.clone(),
    };
    let all = [
        ("Cargo.toml", &texts.manifest, manifest),
        ("Cargo.lock", &texts.lock, lock),
        ("CHANGELOG.md", &texts.changelog, changelog),
    ];
    let changed = all.into_iter().filter(|(_, before, after)| *before != after);
    Ok(Edits {
        files: changed.map(|(name, _, after)| (name.to_owned(), after)).collect(),
        notes: entry.map(|entry| entry.notes().to_owned()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        Texts {
            manifest: "[workspace.package]\nversion = \"0.1.0\"\n".to_owned(),
            lock: "name = \"sealift\"\nversion = \"0.1.0\"\n".to_owned(),
            changelog: "# Changelog\n\n## Unreleased\n\n- All.\n".to_owned(),
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
}
