//! The state of the repository, and the commit and tag of a release.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::edits::Edits;
use super::refusals::ReleaseFacts;
use super::version::Version;
use crate::run;

/// A checked-out repository.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    root: PathBuf,
}

impl Repository {
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Gathers what decides whether a version can be released.
    pub(crate) fn facts(
        &self,
        version: Version,
        has_entry: bool,
        has_maintainer: bool,
    ) -> Result<ReleaseFacts> {
        let branch = self.ask(&["branch", "--show-current"])?.trim().to_owned();
        Ok(ReleaseFacts {
            version,
            branch: (!branch.is_empty()).then_some(branch),
            changed: self.changed()?,
            tags: lines(&self.ask(&["tag", "--list"])?),
            tags_here: lines(&self.ask(&["tag", "--points-at", "HEAD"])?),
            has_entry,
            has_maintainer,
            is_shallow: self.ask(&["rev-parse", "--is-shallow-repository"])?.trim() == "true",
        })
    }

    /// Returns the files that differ from the last commit.
    fn changed(&self) -> Result<Vec<String>> {
        let status = self.ask(&["status", "--porcelain", "--untracked-files=all"])?;
        Ok(status.lines().map(|line| line.get(3..).unwrap_or(line).to_owned()).collect())
    }

    /// Returns the last commit's id.
    pub(crate) fn head(&self) -> Result<String> {
        Ok(self.ask(&["rev-parse", "HEAD"])?.trim().to_owned())
    }

    /// Returns the number of commits up to the last.
    pub(crate) fn commits(&self) -> Result<u64> {
        let count = self.ask(&["rev-list", "--count", "HEAD"])?;
        count.trim().parse().context("git printed no number of commits")
    }

    /// Returns the paths of all tracked files, relative to the root.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let list = self.ask(&["ls-files", "-z"])?;
        Ok(list.split_terminator('\0').map(str::to_owned).collect())
    }

    /// Creates the release's commit, if it changes anything, and its tag.
    ///
    /// # Errors
    ///
    /// Returns an error if anything has changed since `head`, for which all steps were run.
    pub(crate) fn release(&self, head: &str, edits: &Edits, version: Version) -> Result<()> {
        ensure!(
            self.head()? == head,
            "the last commit is not the one for which the steps were run"
        );
        let changed = self.changed()?;
        ensure!(changed.is_empty(), "changed while the steps were run: {}", changed.join(", "));
        if !edits.files.is_empty() {
            for (name, text) in &edits.files {
                fs::write(self.root.join(name), text)
                    .with_context(|| format!("cannot write {name}"))?;
            }
            self.ask(&["commit", "--quiet", "--all", "-m", &format!("Release {version}")])?;
        }
        let message = format!("sealift {version}\n\n{}\n", edits.notes);
        // By default git removes lines that start with `#`.
        let tag = version.tag();
        self.ask(&["tag", "--annotate", "--cleanup=whitespace", "-m", &message, &tag])?;
        Ok(())
    }

    fn ask(&self, arguments: &[&str]) -> Result<String> {
        run::read(Command::new("git").args(arguments).current_dir(&self.root))
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(folder: &Path) -> Repository {
        let repository = Repository::at(folder);
        repository.ask(&["init", "--quiet", "--initial-branch=main"]).unwrap();
        for (key, value) in [
            ("user.name", "Nobody"),
            ("user.email", "nobody@example.org"),
            ("commit.gpgSign", "false"),
            ("tag.gpgSign", "false"),
        ] {
            repository.ask(&["config", key, value]).unwrap();
        }
        fs::write(folder.join("CHANGELOG.md"), "old\n").unwrap();
        repository.ask(&["add", "."]).unwrap();
        repository.ask(&["commit", "--quiet", "-m", "First"]).unwrap();
        repository
    }

    fn edits() -> Edits {
        let files = vec![("CHANGELOG.md".to_owned(), "new\n".to_owned())];
        Edits { files, notes: "# News".to_owned() }
    }

    #[test]
    fn facts_are_those_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let version: Version = "0.2.0".parse().unwrap();
        let facts = repository.facts(version, true, true).unwrap();
        assert_eq!(facts.branch.as_deref(), Some("main"));
        assert!(facts.changed.is_empty() && facts.tags.is_empty() && !facts.is_shallow);
        assert_eq!(repository.commits().unwrap(), 1);
        assert_eq!(repository.files().unwrap(), ["CHANGELOG.md"]);

        fs::write(folder.path().join("CHANGELOG.md"), "other\n").unwrap();
        fs::create_dir(folder.path().join("new")).unwrap();
        fs::write(folder.path().join("new/file"), "").unwrap();
        let facts = repository.facts(version, true, true).unwrap();
        assert_eq!(facts.changed, ["CHANGELOG.md", "new/file"]);

        repository.ask(&["checkout", "--quiet", "--detach"]).unwrap();
        assert_eq!(repository.facts(version, true, true).unwrap().branch, None);
    }

    #[test]
    fn a_release_is_one_commit_and_a_tag_with_its_notes() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let version: Version = "0.2.0".parse().unwrap();
        repository.release(&repository.head().unwrap(), &edits(), version).unwrap();
        assert_eq!(repository.commits().unwrap(), 2);
        let facts = repository.facts(version, true, true).unwrap();
        assert_eq!(facts.tags_here, ["v0.2.0"]);
        assert!(facts.changed.is_empty());
        let tag = repository.ask(&["tag", "--list", "--format=%(contents)", "v0.2.0"]).unwrap();
        assert_eq!(tag.trim(), "sealift 0.2.0\n\n# News");
    }

    #[test]
    fn a_changed_tree_is_not_released() {
        let folder = tempfile::tempdir().unwrap();
        let repository = repository(folder.path());
        let version: Version = "0.2.0".parse().unwrap();
        let head = repository.head().unwrap();
        assert!(repository.release("another", &edits(), version).is_err());
        fs::write(folder.path().join("CHANGELOG.md"), "other\n").unwrap();
        let error = repository.release(&head, &edits(), version).unwrap_err();
        assert_eq!(error.to_string(), "changed while the steps were run: CHANGELOG.md");
        assert!(repository.facts(version, true, true).unwrap().tags.is_empty());
    }
}
