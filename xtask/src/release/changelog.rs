//! The changelog of a release: the entries under "Unreleased" get the version and the day.

use anyhow::{Result, bail};

use super::version::Version;

const UNRELEASED: &str = "## Unreleased";

/// The changelog's entry for a version.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// An entry with a date.
    Dated { day: &'a str, notes: &'a str },
    /// The text under "Unreleased".
    Unreleased { notes: &'a str },
}

impl<'a> Entry<'a> {
    /// Finds the entry for a version, if there is one.
    pub(crate) fn find(changelog: &'a str, version: Version) -> Option<Self> {
        let mark = format!("## {version} - ");
        let dated = sections(changelog).find_map(|(heading, notes)| {
            let day = heading.strip_prefix(&mark)?;
            Some(Self::Dated { day, notes })
        });
        let unreleased = || {
            let (_, notes) = sections(changelog).find(|(heading, _)| *heading == UNRELEASED)?;
            (!notes.is_empty()).then_some(Self::Unreleased { notes })
        };
        dated.or_else(unreleased)
    }

    pub(crate) fn notes(&self) -> &'a str {
        match self {
            Self::Dated { notes, .. } | Self::Unreleased { notes } => notes,
        }
    }
}

/// Returns the changelog with the version dated, and a new empty entry above it.
pub(crate) fn dated(changelog: &str, version: Version, day: &str) -> Result<String> {
    match Entry::find(changelog, version) {
        Some(Entry::Dated { .. }) => Ok(changelog.to_owned()),
        Some(Entry::Unreleased { .. }) => {
            let heading = format!("{UNRELEASED}\n\n## {version} - {day}\n");
            Ok(changelog.replacen(&format!("{UNRELEASED}\n"), &heading, 1))
        }
        None => bail!("the changelog has no entry for {version}"),
    }
}

/// Returns the headings of the second level, each with the text below it.
fn sections(changelog: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = changelog.match_indices("\n## ").map(|(at, _)| at + 1);
    starts.map(|start| {
        let section = &changelog[start..];
        let end = section.find("\n## ").map_or(section.len(), |at| at + 1);
        let (heading, notes) = section[..end].split_once('\n').unwrap_or((&section[..end], ""));
        (heading.trim_end(), notes.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\nIts form.\n\n## Unreleased\n\n- Zips.\n\n\
                             ## 0.1.0 - 2026-01-31\n\n- Tars.\n";

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn an_entry_is_dated_or_not_yet() {
        assert_eq!(
            Entry::find(CHANGELOG, version("0.1.0")),
            Some(Entry::Dated { day: "2026-01-31", notes: "- Tars." })
        );
        assert_eq!(
            Entry::find(CHANGELOG, version("0.2.0")),
            Some(Entry::Unreleased { notes: "- Zips." })
        );
    }

    #[test]
    fn a_changelog_without_news_has_no_entry() {
        let silent = CHANGELOG.replace("- Zips.\n\n", "");
        assert_eq!(Entry::find(&silent, version("0.2.0")), None);
        assert!(dated(&silent, version("0.2.0"), "2026-02-01").is_err());
    }

    #[test]
    fn dating_leaves_room_for_what_comes_next() {
        let text = dated(CHANGELOG, version("0.2.0"), "2026-02-01").unwrap();
        assert!(text.contains("## Unreleased\n\n## 0.2.0 - 2026-02-01\n\n- Zips.\n\n## 0.1.0"));
        let again = dated(&text, version("0.2.0"), "2026-02-02").unwrap();
        assert_eq!(again, text, "what is dated keeps its date");
        assert_eq!(Entry::find(&text, version("0.3.0")), None);
    }

    #[test]
    fn the_changelog_of_this_workspace_can_be_read() {
        let changelog = include_str!("../../../CHANGELOG.md");
        let current = super::super::version::of_manifest(include_str!("../../../Cargo.toml"));
        assert!(Entry::find(changelog, current.unwrap()).is_some());
    }
}
