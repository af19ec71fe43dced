//! `cargo xtask release`: what a release is made of, step by step.
//!
//! By default it rehearses: everything is made in `target/dist`, from a copy of the source that has
//! the release's version, and nothing else changes. Blocking problems are reported; they refuse
//! only a real release.

mod binary;
mod changelog;
mod check;
mod checks;
mod date;
mod edits;
mod git;
mod image;
mod installers;
mod layout;
mod licences;
mod options;
mod packages;
mod pages;
mod plan;
mod provenance;
mod refusals;
mod sbom;
mod source;
mod sums;
mod tarball;
mod toolchain;
mod tree;
mod verify;
mod version;

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};

use self::git::Repository;
pub(crate) use self::options::ReleaseArguments;
use self::options::Step;
use self::plan::{Release, made, shown};
use crate::{metadata, run, say, workspace};

pub(crate) fn run(arguments: &ReleaseArguments) -> Result<()> {
    if let Some(folder) = &arguments.verify {
        return verify::run(folder);
    }
    let root = workspace::root();
    let repository = Repository::at(root);
    let release = Release::decide(arguments, &repository)?;
    let version = release.version;

    let reasons = refusals::refusals(&release.facts, arguments.deeds);
    let is_rehearsal = arguments.deeds == refusals::Deeds::default();
    if !is_rehearsal && !reasons.is_empty() {
        bail!("{version} can't be released:\n  {}", reasons.join("\n  "));
    }
    say::step(format_args!("{version}, image {}", release.image_version));
    for reason in &reasons {
        say::step(format_args!("a rehearsal goes on, a release would be refused: {reason}"));
    }

    source::copy(root, &repository.files()?, &release.edits, &release.layout.source())?;
    for step in &arguments.steps() {
        say::step(format_args!("step {}", step.name()));
        take(&release, *step).with_context(|| format!("the step {} failed", step.name()))?;
    }
    if arguments.deeds.execute {
        repository.release(&release.head, &release.edits, version)?;
        say::line(format_args!("{version} is tagged; `git push --follow-tags` shows it to others"));
    }
    if arguments.deeds.publish {
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

fn take(release: &Release, step: Step) -> Result<()> {
    match step {
        Step::Version => write_version(release),
        Step::Checks(only) => checks::run(release, only),
        Step::Packages => packages::run(release),
        Step::Binary => binary::run(release),
        Step::Pages => pages::run(release),
        Step::Licences => licences::run(release),
        Step::Sbom => sbom::run(release),
        Step::Tarball => tarball::run(release),
        Step::Installers => installers::run(release),
        Step::Image => image::run(release),
        Step::Sums => write_sums(release),
    }
}

/// Shows what the release changes, and looks whether cargo reads it so: one version for all crates.
fn write_version(release: &Release) -> Result<()> {
    for (name, _) in &release.edits.files {
        say::line(format_args!("{name} changes"));
    }
    let source = release.layout.source();
    let metadata = metadata::read(&source, &["--no-deps", "--locked", "--offline"])?;
    for package in metadata::published(&metadata) {
        ensure!(
            package["version"] == release.version.to_string(),
            "{} has version {}, and should have {}",
            package["name"],
            package["version"],
            release.version
        );
    }
    let notes = release.layout.notes();
    fs::write(&notes, format!("{}\n", release.edits.notes))
        .with_context(|| format!("cannot write {}", notes.display()))?;
    made(&notes)
}

fn write_sums(release: &Release) -> Result<()> {
    provenance::write(release)?;
    let root = release.layout.root();
    let file = root.join(sums::NAME);
    fs::write(&file, sums::of_folder(root)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    made(&file)?;
    verify::run(root)
}
