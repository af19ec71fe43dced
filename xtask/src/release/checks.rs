//! The checks of a release: those of every change, and those of a release alone.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::check::Check;
use super::plan::Release;
use crate::{cargo_tools, run, say, workspace};

/// Runs all checks, or one.
pub(crate) fn run(release: &Release, only: Option<Check>) -> Result<()> {
    let checks = match &only {
        Some(check) => std::slice::from_ref(check),
        None => &Check::ALL,
    };
    for check in checks {
        say::step(format_args!("checks {}", check.name()));
        take(*check, release).with_context(|| format!("the check {} failed", check.name()))?;
    }
    Ok(())
}

/// Runs the script that checks every change.
fn ci() -> Result<()> {
    let mut script = Command::new("bash");
    run::without_package(script.arg(".ci/run").current_dir(workspace::root()));
    ensure!(run::shown(&mut script)?, "a check of every change failed");
    Ok(())
}

/// Checks licences, duplicates and origins of all dependencies against `deny.toml`.
///
/// Advisories change from day to day and need the network: a workflow on GitHub checks them every
/// week.
fn deny() -> Result<()> {
    let deny = cargo_tools::find_or_install("cargo-deny")?;
    let arguments = ["deny", "--all-features", "--locked", "check", "licenses", "bans", "sources"];
    cargo_tools::passes(&deny, &arguments)
}

/// Compares the crates' interfaces with those of the last release.
fn semver(release: &Release) -> Result<()> {
    let Some(last) = release.facts.last() else {
        say::step("this is the first release: there are no earlier interfaces to compare with");
        return Ok(());
    };
    let semver_checks = cargo_tools::find_or_install("cargo-semver-checks")?;
    let tag = last.tag();
    let source = release.layout.source();
    let manifest = source.join("Cargo.toml");
    let manifest = manifest.to_str().context("the path of the source is not UTF-8")?;
    // The copy has the new version, and git the old one.
    let arguments =
        ["semver-checks", "--manifest-path", manifest, "--workspace", "--baseline-rev", &tag];
    cargo_tools::passes(&semver_checks, &arguments)
}

fn take(check: Check, release: &Release) -> Result<()> {
    match check {
        Check::Ci => ci(),
        Check::Deny => deny(),
        Check::Semver => semver(release),
    }
}
