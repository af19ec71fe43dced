//! A release as it was decided on, before anything is done.
//!
//! It has one binary. A release for several kinds of processor is several of these values, which
//! differ only in their toolchains and in the names of files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde_json::Value;

use super::changelog::Entry;
use super::date::{self, Moment};
use super::edits::{self, Edits, Texts};
use super::git::Repository;
use super::layout::Layout;
use super::maintainer;
use super::options::ReleaseArguments;
use super::refusals::ReleaseFacts;
use super::toolchain::Toolchain;
use super::version::{self, Version};
use crate::{metadata, say, workspace};

/// A release for one kind of processor, as it was decided on.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) version: Version,
    pub(crate) facts: ReleaseFacts,
    /// The changes in the workspace.
    pub(crate) edits: Edits,
    pub(crate) moment: Moment,
    pub(crate) toolchain: Toolchain,
    pub(crate) layout: Layout,
    /// The image's version, with a build number.
    pub(crate) image_version: String,
    /// The engine that was asked for.
    pub(crate) host: Option<String>,
    /// The commit that it is made from.
    pub(crate) head: String,
    /// The maintainer that packages name, `NAME <ADDRESS>`. A rehearsal does without.
    pub(crate) maintainer: Option<String>,
}

impl Release {
    pub(crate) fn decide(
        arguments: &ReleaseArguments,
        repository: &Repository,
        toolchain: Toolchain,
    ) -> Result<Self> {
        let texts = Texts::read(workspace::root())?;
        let version = match arguments.version {
            Some(version) => version,
            None => version::of_manifest(&texts.manifest)?,
        };
        let entry = Entry::find(&texts.changelog, version);
        let dated = match entry {
            Some(Entry::Dated { day, .. }) => Some(day),
            _ => None,
        };
        let epoch = std::env::var("SOURCE_DATE_EPOCH").ok();
        let moment = date::of_release(epoch.as_deref(), dated, Timestamp::now())?;
        let metadata = workspace_metadata()?;
        let members = names(&metadata);
        let edits = edits::edits(&texts, &members, version, &moment.day.to_string())?;
        let maintainer = maintainer::of_workspace(&metadata);
        let facts = repository.facts(version, entry.is_some(), maintainer.is_some())?;
        let build = version::build_number(
            repository.commits()?,
            !edits.files.is_empty(),
            !facts.changed.is_empty(),
        );
        Ok(Self {
            version,
            edits,
            moment,
            layout: Layout::new(root(), version, toolchain.target.clone()),
            toolchain,
            image_version: version.with_build(build),
            host: arguments.host.clone(),
            head: repository.head()?,
            facts,
            maintainer,
        })
    }

    /// Returns the same release for another toolchain.
    pub(crate) fn with(&self, toolchain: Toolchain) -> Self {
        let layout = Layout::new(root(), self.version, toolchain.target.clone());
        Self { layout, toolchain, ..self.clone() }
    }

    /// Removes the files of this kind that an earlier run left in the finished folder, but for
    /// those of this version for another kind of processor.
    pub(crate) fn forget(&self, end: &str) -> Result<()> {
        for entry in fs::read_dir(self.layout.root())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_old = name.starts_with("sealift") && name.ends_with(end);
            if path.is_file() && is_old && !self.layout.is_beside(&name) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Returns the folder of releases.
fn root() -> PathBuf {
    workspace::target().join("dist")
}

fn workspace_metadata() -> Result<Value> {
    metadata::read(workspace::root(), &["--no-deps", "--offline"])
}

/// Returns the names of the workspace's own packages.
#[cfg(test)]
pub(crate) fn members() -> Result<Vec<String>> {
    Ok(names(&workspace_metadata()?))
}

fn names(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect()
}

/// Prints that a file is finished.
pub(crate) fn made(file: &Path) -> Result<()> {
    let bytes = fs::metadata(file).with_context(|| file.display().to_string())?.len();
    say::line(format_args!("made {} ({bytes} bytes)", shown(file)));
    Ok(())
}

/// Returns a path relative to the workspace.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}
