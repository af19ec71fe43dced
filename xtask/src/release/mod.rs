//! `cargo xtask release`: the steps of a release.
//!
//! By default it rehearses: it builds everything in `target/dist`, from a copy of the source that
//! has the release's version, and changes nothing else. Blocking problems are reported; they stop
//! only a real release.

mod binary;
mod changelog;
mod check;
mod checks;
mod cross;
mod date;
mod edits;
mod emulator;
mod git;
mod image;
mod installers;
mod layout;
mod licences;
mod machine;
mod maintainer;
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

use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;
use std::{fs, iter};

use anyhow::{Context as _, Result, bail, ensure};

use self::git::Repository;
pub(crate) use self::options::ReleaseArguments;
use self::options::Step;
use self::plan::{Release, made, shown};
use self::toolchain::Toolchain;
use crate::{metadata, run, say, workspace};

pub(crate) fn run(arguments: &ReleaseArguments) -> Result<()> {
    if let Some(folder) = &arguments.verify {
        return verify::run(folder);
    }
    let root = workspace::root();
    let repository = Repository::at(root);
    let steps = arguments.steps();
    let mut toolchains = match steps.iter().any(|step| step.is_for_each_machine()) {
        true => Toolchain::all(&arguments.machines)?,
        false => vec![Toolchain::of_host()?],
    }
    .into_iter();
    let first = toolchains.next().context("there is no machine to release for")?;
    let release = Release::decide(arguments, &repository, first)?;
    let others: Vec<_> = toolchains.map(|toolchain| release.with(toolchain)).collect();
    let releases: Vec<_> = iter::once(&release).chain(&others).collect();
    let version = release.version;

    let reasons = refusals::refusals(&release.facts, arguments.deeds);
    let is_rehearsal = arguments.deeds == refusals::Deeds::default();
    if !is_rehearsal && !reasons.is_empty() {
        bail!("{version} cannot be released:\n  {}", reasons.join("\n  "));
    }
    say::step(format_args!("{version}, image {}", release.image_version));
    for release in &releases {
        say::step(format_args!(
            "binary for {}, {}",
            release.toolchain.target, release.toolchain.rustc
        ));
    }
    for reason in &reasons {
        say::step(format_args!("this would stop a real release: {reason}"));
    }

    if steps == Step::ALL {
        remove_finished(release.layout.root())?;
    }

    source::copy(root, &repository.files()?, &release.edits, &release.layout.source())?;
    for step in steps {
        let start = Instant::now();
        run_step(step, &releases).with_context(|| format!("the step {} failed", step.name()))?;
        let seconds = start.elapsed().as_secs();
        say::step(format_args!("step {}: finished after {seconds} s", step.name()));
    }
    if arguments.deeds.execute {
        repository.release(&release.head, &release.edits, version)?;
        say::line(format_args!("{version} is tagged; `git push --follow-tags` shows it to others"));
    }
    if arguments.deeds.publish {
        // The step `packages` has built each crate from its package.
        let mut publish = run::cargo(&["publish", "--workspace", "--locked", "--no-verify"]);
        ensure!(run::shown(&mut publish)?, "not all crates of {version} are published");
    }
    if is_rehearsal {
        say::line(format_args!(
            "rehearsed {version}: nothing was changed outside {}",
            shown(release.layout.root())
        ));
    }
    Ok(())
}

fn run_step(step: Step, releases: &[&Release]) -> Result<()> {
    say::step(format_args!("step {}", step.name()));
    let first = releases[0];
    let for_each = |run: fn(&Release) -> Result<()>| {
        releases.iter().try_for_each(|release| {
            let target = &release.toolchain.target;
            say::step(format_args!("step {}: {target}", step.name()));
            run(release).with_context(|| format!("for {target}"))
        })
    };
    match step {
        Step::Version => write_version(first),
        Step::Checks(only) => checks::run(first, only),
        Step::Packages => packages::run(first),
        Step::Binary => for_each(binary::run),
        Step::Pages => for_each(pages::run),
        Step::Licences => for_each(licences::run),
        Step::Sbom => for_each(sbom::run),
        Step::Tarball => for_each(tarball::run),
        Step::Installers => for_each(installers::run),
        Step::Image => for_each(image::run),
        Step::Sums => write_sums(releases),
    }
}

/// Removes the results of earlier runs, but not the compiled packages.
fn remove_finished(root: &Path) -> Result<()> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", root.display())),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let removed = match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// Prints which files the release changes, and verifies that cargo reads one version for all
/// crates.
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

fn write_sums(releases: &[&Release]) -> Result<()> {
    provenance::write(releases)?;
    let root = releases[0].layout.root();
    let file = root.join(sums::NAME);
    fs::write(&file, sums::of_folder(root)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    made(&file)?;
    verify::run(root)
}
