//! The checks of a release. They include those that `.ci/run` makes of every change.

use anyhow::{Context as _, Result, ensure};

use super::check::Check;
use super::plan::Release;
use crate::{cargo_tools, direction, docs, features, public_api, run, say, test};

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

fn documents() -> Result<()> {
    public_api::run(true)?;
    direction::run()?;
    docs::check()
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

fn passes(arguments: &[&str]) -> Result<()> {
    ensure!(run::shown(&mut run::cargo(arguments))?, "cargo {} failed", arguments[0]);
    Ok(())
}

fn take(check: Check, release: &Release) -> Result<()> {
    match check {
        Check::Fmt => passes(&["fmt", "--all", "--check"]),
        Check::Clippy => passes(&[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ]),
        Check::Docs => documents(),
        Check::Features => features::run(),
        Check::Deny => deny(),
        Check::Semver => semver(release),
        Check::Tests => test::run(&test::TestArguments::default()),
    }
}
