//! `cargo xtask release`: what a release is made of, step by step.
//!
//! By default it rehearses: everything is made in `target/dist`, from a copy of the source that has the release's
//! version, and nothing else changes. What would keep the release from being made is said, and refuses it only
//! once it is to be made.

mod binary;
mod cargo_tools;
mod changelog;
mod checks;
mod date;
mod edits;
mod elf;
mod features;
mod git;
mod image;
mod layout;
mod licences;
mod options;
mod packages;
mod pages;
mod refusals;
mod source;
mod sums;
mod tarball;
mod toolchain;
mod verify;
mod version;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;

use self::changelog::Entry;
use self::date::Moment;
use self::edits::{Edits, Texts};
use self::git::Repository;
use self::layout::Layout;
use self::options::{Options, Step};
use self::refusals::Facts;
use self::toolchain::Toolchain;
use self::version::Version;
use crate::{run, say, workspace};

/// A release as it was decided on, before anything is done.
struct Release {
    version: Version,
    facts: Facts,
    /// What it changes in the workspace.
    edits: Edits,
    moment: Moment,
    toolchain: Toolchain,
    layout: Layout,
    /// The image's version, with a build number.
    image_version: String,
    /// The engine that was asked for.
    host: Option<String>,
    /// The commit that it is made from.
    head: String,
}

pub(crate) fn run(words: &[&str]) -> Result<()> {
    let options = Options::parse(words)?;
    if let Some(folder) = &options.verify {
        return verify::run(folder);
    }
    let root = workspace::root();
    let repository = Repository::at(root);
    let release = Release::decide(&options, &repository)?;
    let version = release.version;

    let reasons = refusals::refusals(&release.facts, options.deeds);
    let is_rehearsal = options.deeds == refusals::Deeds::default();
    if !is_rehearsal && !reasons.is_empty() {
        bail!("{version} can't be released:\n  {}", reasons.join("\n  "));
    }
    say::step(format_args!("{version}, image {}", release.image_version));
    for reason in &reasons {
        say::step(format_args!("a rehearsal goes on, a release would be refused: {reason}"));
    }

    source::copy(root, &repository.files()?, &release.edits, &release.layout.source())?;
    for step in options.steps() {
        say::step(format_args!("step {}", step.name()));
        release.take(*step).with_context(|| format!("the step {} failed", step.name()))?;
    }
    if options.deeds.execute {
        repository.release(&release.head, &release.edits, version)?;
        say::line(format_args!("{version} is tagged; `git push --follow-tags` shows it to others"));
    }
    if options.deeds.publish {
        let mut publish = run::cargo(&["publish", "--workspace", "--locked"]);
        ensure!(run::shown(&mut publish)?, "not all crates of {version} are published");
    }
    if is_rehearsal {
        say::line(format_args!(
            "rehearsed {version}: nothing was changed outside of {}",
            shown(release.layout.root())
        ));
    }
    Ok(())
}

impl Release {
    fn decide(options: &Options, repository: &Repository) -> Result<Self> {
        let texts = Texts::read(workspace::root())?;
        let version = match options.version {
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
            host: options.host.clone(),
            head: repository.head()?,
            facts,
        })
    }

    fn take(&self, step: Step) -> Result<()> {
        match step {
            Step::Version => self.write_version(),
            Step::Checks(only) => checks::run(self, only),
            Step::Packages => packages::run(self),
            Step::Binary => binary::run(self),
            Step::Pages => pages::run(self),
            Step::Licences => licences::run(self),
            Step::Tarball => tarball::run(self),
            Step::Image => image::run(self),
            Step::Sums => self.write_sums(),
        }
    }

    /// Shows what the release changes, and looks whether cargo reads it so: one version for all crates.
    fn write_version(&self) -> Result<()> {
        for (name, _) in &self.edits.files {
            say::line(format_args!("{name} changes"));
        }
        let source = self.layout.source();
        let metadata = workspace::metadata(&source, &["--no-deps", "--locked", "--offline"])?;
        for package in metadata["packages"].as_array().context("there are no crates")? {
            ensure!(
                package["version"] == self.version.to_string(),
                "{} has version {}, and should have {}",
                package["name"],
                package["version"],
                self.version
            );
        }
        let notes = self.layout.notes();
        fs::write(&notes, format!("{}\n", self.edits.notes))
            .with_context(|| format!("cannot write {}", notes.display()))?;
        made(&notes)
    }

    fn write_sums(&self) -> Result<()> {
        let root = self.layout.root();
        let file = root.join(sums::NAME);
        fs::write(&file, sums::written(&sums::of_folder(root)?))
            .with_context(|| format!("cannot write {}", file.display()))?;
        made(&file)?;
        verify::run(root)
    }

    /// Removes what an earlier run left of this name in the finished folder.
    fn forget(&self, start: &str, end: &str) -> Result<()> {
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

/// Names the workspace's own packages.
fn members() -> Result<Vec<String>> {
    let metadata = workspace::metadata(workspace::root(), &["--no-deps", "--offline"])?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    Ok(packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect())
}

/// Says that a file is finished.
fn made(file: &Path) -> Result<()> {
    let bytes = fs::metadata(file).with_context(|| file.display().to_string())?.len();
    say::line(format_args!("made {} ({bytes} bytes)", shown(file)));
    Ok(())
}

/// Gives a path as people call it who stand in the workspace.
fn shown(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}
