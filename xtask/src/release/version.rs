//! Versions of a release, and the places that contain the version: one in the workspace's manifest
//! for all crates.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail, ensure};

/// A version of the crates, `X.Y.Z`. Released versions have no suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u64; 3]);

impl Version {
    /// Returns the tag that marks it in git.
    pub(crate) fn tag(self) -> String {
        format!("v{self}")
    }

    /// Parses a tag. Returns `None` if it does not mark a release.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        tag.strip_prefix('v')?.parse().ok()
    }

    /// Returns the image's version, which has a build number as its fourth part.
    pub(crate) fn with_build(self, build: u64) -> String {
        format!("{self}.{build}")
    }
}

impl FromStr for Version {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |part: &str| {
            let is_plain = part == "0" || !part.starts_with('0');
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            if is_plain && is_number { part.parse().ok() } else { None }
        };
        let parts: Option<Vec<u64>> = text.split('.').map(number).collect();
        match parts.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self([major, minor, patch])),
            _ => bail!("{text} is not a version: expected three numbers, X.Y.Z"),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// Returns the build number: the number of commits up to the one that is released.
///
/// Uncommitted changes make it dirty: by the rule of archive names, a dirty build has the number 0.
pub(crate) fn build_number(commits: u64, makes_commit: bool, is_dirty: bool) -> u64 {
    if is_dirty { 0 } else { commits + u64::from(makes_commit) }
}

/// Reads the version of all crates in the workspace's manifest.
pub(crate) fn of_manifest(manifest: &str) -> Result<Version> {
    let lines = manifest.lines().skip_while(|line| line.trim() != "[workspace.package]").skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with('['));
    let version = lines.find_map(|line| quoted(line, "version"));
    version.context("the workspace's manifest has no version")?.parse()
}

/// Returns the workspace's manifest with another version of the crates and of their requirements on
/// each other.
pub(crate) fn in_manifest(manifest: &str, old: Version, new: Version) -> Result<String> {
    let (before, after) = (format!("version = \"{old}\""), format!("version = \"{new}\""));
    let mut changed = 0;
    let mut section = "";
    let lines = manifest.lines().map(|line| {
        if line.starts_with('[') {
            section = line.trim();
        }
        let is_version = match section {
            "[workspace.package]" => quoted(line, "version").is_some(),
            "[workspace.dependencies]" => line.contains("path = \"crates/"),
            _ => false,
        };
        if is_version && line.contains(&before) {
            changed += 1;
            line.replace(&before, &after)
        } else {
            line.to_owned()
        }
    });
    let text = joined(lines);
    ensure!(changed > 0, "the workspace's manifest does not contain {before}");
    Ok(text)
}

/// Returns the lock file with another version of the workspace's own packages.
pub(crate) fn in_lock(lock: &str, members: &[String], old: Version, new: Version) -> String {
    let before = format!("version = \"{old}\"");
    let mut is_ours = false;
    joined(lock.lines().map(|line| {
        if let Some(name) = quoted(line, "name") {
            is_ours = members.iter().any(|member| member == name);
        }
        if is_ours && line == before {
            is_ours = false;
            format!("version = \"{new}\"")
        } else {
            line.to_owned()
        }
    }))
}

/// Returns an example's manifest with another version of the crates that it names.
pub(crate) fn in_example(manifest: &str, members: &[String], old: Version, new: Version) -> String {
    let (before, after) = (format!("\"{old}\""), format!("\"{new}\""));
    joined(manifest.lines().map(|line| {
        let is_ours = line
            .split_once(" = ")
            .is_some_and(|(name, _)| members.iter().any(|member| member == name));
        if is_ours { line.replace(&before, &after) } else { line.to_owned() }
    }))
}

/// Returns the text of a line `KEY = "TEXT"`.
fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn a_version_is_three_numbers() {
        assert_eq!(version("1.20.3").to_string(), "1.20.3");
        for text in ["", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.+3", "1.2.3-rc.1", "v1.2.3"]
        {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert!(version("0.10.0") > version("0.9.9"));
    }

    #[test]
    fn a_tag_is_a_version_after_a_v() {
        assert_eq!(version("1.2.3").tag(), "v1.2.3");
        assert_eq!(Version::of_tag("v1.2.3"), Some(version("1.2.3")));
        assert_eq!(Version::of_tag("1.2.3"), None);
        assert_eq!(Version::of_tag("v1.2"), None);
    }

    #[test]
    fn a_dirty_tree_is_build_0() {
        assert_eq!(build_number(411, false, false), 411);
        assert_eq!(build_number(411, true, false), 412, "the release's own commit counts");
        assert_eq!(build_number(411, true, true), 0);
        assert_eq!(version("0.1.0").with_build(412), "0.1.0.412");
    }

    const MANIFEST: &str = r#"[workspace.package]
version = "0.1.0"
rust-version = "1.95"

[workspace.dependencies]
ours = { path = "crates/ours", version = "0.1.0" }
testing = { path = "tests/testing" }
divan = "0.1.0"
other = { version = "0.1.0", default-features = false }
"#;

    #[test]
    fn only_versions_of_our_own_change() {
        assert_eq!(of_manifest(MANIFEST).unwrap(), version("0.1.0"));
        let text = in_manifest(MANIFEST, version("0.1.0"), version("0.2.0")).unwrap();
        assert_eq!(of_manifest(&text).unwrap(), version("0.2.0"));
        let changed: Vec<_> = MANIFEST.lines().zip(text.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(changed.len(), 2);
        assert_eq!(changed[1].1, "ours = { path = \"crates/ours\", version = \"0.2.0\" }");
        assert!(in_manifest(MANIFEST, version("0.3.0"), version("0.4.0")).is_err());
    }

    #[test]
    fn the_lock_file_follows() {
        let lock = "[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"divan\"\nversion = \"0.1.0\"\nsource = \"x\"\n";
        let text = in_lock(lock, &["ours".to_owned()], version("0.1.0"), version("0.2.0"));
        assert_eq!(text, lock.replacen("0.1.0", "0.2.0", 1));
    }

    #[test]
    fn an_example_follows() {
        let manifest = "[package]\nversion = \"0.1.0\"\n\n[dependencies]\nours = \"0.1.0\"\n\
                        other = \"0.1.0\"\nours-too = { version = \"0.1.0\", features = [\"x\"] }\n";
        let members = ["ours", "ours-too"].map(str::to_owned);
        let text = in_example(manifest, &members, version("0.1.0"), version("0.2.0"));
        let changed: Vec<_> = text.lines().filter(|line| line.contains("0.2.0")).collect();
        assert_eq!(
            changed,
            ["ours = \"0.2.0\"", "ours-too = { version = \"0.2.0\", features = [\"x\"] }"]
        );
    }

    #[test]
    fn this_workspace_can_be_given_another_version() {
        let manifest = include_str!("../../../Cargo.toml");
        let old = of_manifest(manifest).unwrap();
        let new = version("999.0.1");
        let text = in_manifest(manifest, old, new).unwrap();
        assert_eq!(of_manifest(&text).unwrap(), new);
        let named = text.lines().skip_while(|line| *line != "[workspace.dependencies]");
        let ours = named.filter(|line| line.contains("path = \"crates/"));
        assert!(ours.clone().count() >= 5);
        for line in ours {
            assert!(line.contains("version = \"999.0.1\""), "{line}");
        }
        let members = ["sealift".to_owned(), "xtask".to_owned()];
        let lock = in_lock(include_str!("../../../Cargo.lock"), &members, old, new);
        assert_eq!(lock.matches("version = \"999.0.1\"").count(), 2);
    }
}
