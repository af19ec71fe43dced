//! A release as it was decided on, before anything is done.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::changelog::Entry;
use super::date::{self, Moment};
use super::edits::{self, Edits, Texts};
use super::git::Repository;
use super::layout::Layout;
use super::options::ReleaseArguments;
use super::refusals::ReleaseFacts;
use super::toolchain::Toolchain;
use super::version::{self, Version};
use crate::{metadata, say, workspace};

/// A release as it was decided on, before anything is done.
pub(crate) struct Release {
    pub(crate) version: Version,
    pub(crate) facts: ReleaseFacts,
    /// What it changes in the workspace.
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
}

impl Release {
    pub(crate) fn decide(arguments: &ReleaseArguments, repository: &Repository) -> Result<Self> {
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
        let edits = edits::edits(&texts, &members()?, version, &moment.day.to_string())?;
        let facts = repository.facts(version, entry.is_some())?;
        let toolchain = Toolchain::find()?;
        let build = version::build_number(
            repository.commits()?,
            !edits.files.is_empty(),
            !facts.changed.is_empty(),
        );
        Ok(Self {
            version,
            edits,
            moment,
            layout: Layout::new(
                workspace::target().join("dist"),
                version,
                toolchain.target.clone(),
            ),
            toolchain,
            image_version: version.with_build(build),
            host: arguments.host.clone(),
            head: repository.head()?,
            facts,
        })
    }

    /// Removes what an earlier run left of this name in the finished folder.
    pub(crate) fn forget(&self, start: &str, end: &str) -> Result<()> {
        for entry in fs::read_dir(self.layout.root())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_file() && name.starts_with(start) && name.ends_with(end) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Returns the names of the workspace's own packages.
pub(crate) fn members() -> Result<Vec<String>> {
    let metadata = metadata::read(workspace::root(), &["--no-deps", "--offline"])?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    Ok(packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect())
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
