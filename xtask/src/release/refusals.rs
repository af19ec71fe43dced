//! The reasons against a release, decided from facts alone.

use clap::Args;

use super::version::Version;

/// The facts that decide whether a version can be released.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseFacts {
    /// The version to be released.
    pub(crate) version: Version,
    /// The branch that is checked out, if one is.
    pub(crate) branch: Option<String>,
    /// The files that differ from the last commit, or that git does not track.
    pub(crate) changed: Vec<String>,
    /// All tags.
    pub(crate) tags: Vec<String>,
    /// The tags of the last commit.
    pub(crate) tags_here: Vec<String>,
    /// Whether the changelog has an entry.
    pub(crate) has_entry: bool,
    /// Whether the workspace's manifest names a maintainer.
    pub(crate) has_maintainer: bool,
    /// Whether older commits are missing, so that the build number would be wrong.
    pub(crate) is_shallow: bool,
}

/// The actions that a call takes beyond a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Args)]
pub(crate) struct Deeds {
    /// Commit and tag the release
    #[arg(long)]
    pub(crate) execute: bool,
    /// Publish the crates
    #[arg(long)]
    pub(crate) publish: bool,
}

/// The branch that releases are made from.
const BRANCH: &str = "main";

impl ReleaseFacts {
    /// Returns the last version that was released.
    pub(crate) fn last(&self) -> Option<Version> {
        self.tags.iter().filter_map(|tag| Version::of_tag(tag)).max()
    }
}

/// Returns every reason against the release.
pub(crate) fn refusals(facts: &ReleaseFacts, deeds: Deeds) -> Vec<String> {
    let mut reasons = Vec::new();
    if !facts.changed.is_empty() {
        reasons.push(format!("the tree is dirty: {}", shortened(&facts.changed)));
    }
    match facts.branch.as_deref() {
        Some(BRANCH) => {}
        Some(other) => {
            reasons.push(format!("this is branch {other}; releases are made on {BRANCH}"))
        }
        None => reasons.push(format!("no branch is checked out; releases are made on {BRANCH}")),
    }
    if !facts.has_entry {
        reasons.push(format!("CHANGELOG.md has no entry for {}", facts.version));
    }
    if !facts.has_maintainer {
        reasons.push(
            "no maintainer for packages: set `maintainer = \"NAME <ADDRESS>\"` in \
             [workspace.metadata.release] of Cargo.toml"
                .to_owned(),
        );
    }
    if facts.is_shallow {
        reasons.push("this clone is shallow: its commits cannot be counted".to_owned());
    }
    let tag = facts.version.tag();
    let is_tagged = facts.tags.contains(&tag);
    if deeds.publish && !deeds.execute {
        if !facts.tags_here.contains(&tag) {
            reasons.push(format!(
                "only a tagged commit is published, and the last commit is not {tag}: `--execute` tags it"
            ));
        }
    } else if is_tagged {
        reasons.push(format!("there is a tag {tag} already"));
    } else if let Some(last) = facts.last().filter(|last| *last > facts.version) {
        reasons.push(format!("{} is below {last}, which is released", facts.version));
    }
    reasons
}

/// Names a few files, and how many more there are.
fn shortened(files: &[String]) -> String {
    const FEW: usize = 3;
    let named = files.iter().take(FEW).cloned().collect::<Vec<_>>().join(", ");
    match files.len().checked_sub(FEW) {
        None | Some(0) => named,
        Some(more) => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXECUTE: Deeds = Deeds { execute: true, publish: false };
    const PUBLISH: Deeds = Deeds { execute: false, publish: true };

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    fn good() -> ReleaseFacts {
        ReleaseFacts {
            version: "0.2.0".parse().unwrap(),
            branch: Some("main".to_owned()),
            changed: Vec::new(),
            tags: owned(&["v0.1.0", "before-the-move"]),
            tags_here: Vec::new(),
            has_entry: true,
            has_maintainer: true,
            is_shallow: false,
        }
    }

    #[test]
    fn a_clean_main_with_an_entry_and_a_new_version_is_released() {
        assert!(refusals(&good(), EXECUTE).is_empty());
        assert_eq!(good().last(), Some("0.1.0".parse().unwrap()));
        let first = ReleaseFacts { tags: Vec::new(), ..good() };
        assert!(refusals(&first, EXECUTE).is_empty());
    }

    #[test]
    fn every_refusal_has_its_reason() {
        let one = |facts: ReleaseFacts| {
            let reasons = refusals(&facts, EXECUTE);
            assert_eq!(reasons.len(), 1, "{reasons:#?}");
            reasons[0].clone()
        };
        assert_eq!(
            one(ReleaseFacts { changed: owned(&["a", "b", "c", "d", "e"]), ..good() }),
            "the tree is dirty: a, b, c and 2 more"
        );
        assert_eq!(
            one(ReleaseFacts { changed: owned(&["a", "b", "c"]), ..good() }),
            "the tree is dirty: a, b, c"
        );
        assert_eq!(
            one(ReleaseFacts { branch: Some("topic".to_owned()), ..good() }),
            "this is branch topic; releases are made on main"
        );
        assert_eq!(
            one(ReleaseFacts { branch: None, ..good() }),
            "no branch is checked out; releases are made on main"
        );
        assert_eq!(
            one(ReleaseFacts { has_entry: false, ..good() }),
            "CHANGELOG.md has no entry for 0.2.0"
        );
        assert_eq!(
            one(ReleaseFacts { has_maintainer: false, ..good() }),
            "no maintainer for packages: set `maintainer = \"NAME <ADDRESS>\"` in \
             [workspace.metadata.release] of Cargo.toml"
        );
        assert_eq!(
            one(ReleaseFacts { is_shallow: true, ..good() }),
            "this clone is shallow: its commits cannot be counted"
        );
        assert_eq!(
            one(ReleaseFacts { tags: owned(&["v0.2.0"]), ..good() }),
            "there is a tag v0.2.0 already"
        );
        assert_eq!(
            one(ReleaseFacts { tags: owned(&["v0.10.0"]), ..good() }),
            "0.2.0 is below 0.10.0, which is released"
        );
    }

    #[test]
    fn all_reasons_are_given_at_once() {
        let facts = ReleaseFacts {
            branch: None,
            changed: owned(&["a"]),
            tags: owned(&["v0.2.0"]),
            has_entry: false,
            ..good()
        };
        assert_eq!(refusals(&facts, EXECUTE).len(), 4);
    }

    #[test]
    fn only_what_is_tagged_is_published() {
        assert_eq!(refusals(&good(), PUBLISH).len(), 1);
        let tagged =
            ReleaseFacts { tags: owned(&["v0.2.0"]), tags_here: owned(&["v0.2.0"]), ..good() };
        assert!(refusals(&tagged, PUBLISH).is_empty());
        assert!(refusals(&good(), Deeds { execute: true, publish: true }).is_empty());
        assert_eq!(refusals(&tagged, Deeds { execute: true, publish: true }).len(), 1);
    }
}
