//! What has to hold before a release, beyond what `.ci/run` asks of every change.

use std::str::FromStr;

use anyhow::{Context as _, Error, Result, ensure};

use super::{Release, cargo_tools, features};
use crate::{direction, docs, run, say, test};

/// A check that can be called alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Check {
    Fmt,
    Clippy,
    Docs,
    Features,
    Deny,
    Semver,
    Tests,
}

impl Check {
    const ALL: [Self; 7] = [
        Self::Fmt,
        Self::Clippy,
        Self::Docs,
        Self::Features,
        Self::Deny,
        Self::Semver,
        Self::Tests,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Docs => "docs",
            Self::Features => "features",
            Self::Deny => "deny",
            Self::Semver => "semver",
            Self::Tests => "tests",
        }
    }

    fn run(self, release: &Release) -> Result<()> {
        match self {
            Self::Fmt => passes(&["fmt", "--all", "--check"]),
            Self::Clippy => passes(&[
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]),
            Self::Docs => documents(),
            Self::Features => features::run(),
            Self::Deny => deny(),
            Self::Semver => semver(release),
            Self::Tests => test::run(&[]),
        }
    }
}

impl FromStr for Check {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|check| check.name() == word).with_context(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no such check: {word}; there are {names}")
        })
    }
}

/// Runs all checks, or one.
pub(crate) fn run(release: &Release, only: Option<Check>) -> Result<()> {
    let checks = match &only {
        Some(check) => std::slice::from_ref(check),
        None => &Check::ALL,
    };
    for check in checks {
        say::step(format_args!("checks {}", check.name()));
        check.run(release).with_context(|| format!("{} is not in order", check.name()))?;
    }
    Ok(())
}

fn documents() -> Result<()> {
    let arguments = ["doc", "--locked", "--workspace", "--all-features", "--no-deps"];
    let mut doc = run::cargo(&arguments);
    ensure!(run::shown(doc.env("RUSTDOCFLAGS", "-D warnings"))?, "cargo doc failed");
    direction::run()?;
    docs::run(&["--check"])
}

/// Looks at licences, duplicates and origins of all dependencies, by `deny.toml`.
///
/// Advisories change from day to day and need the network: they are asked for by those who want them.
fn deny() -> Result<()> {
    let deny = cargo_tools::find_or_install("cargo-deny")?;
    let arguments = ["deny", "--all-features", "--locked", "check", "licenses", "bans", "sources"];
    cargo_tools::passes(&deny, &arguments)
}

/// Compares the crates' interfaces with those of the last release.
fn semver(release: &Release) -> Result<()> {
    let Some(last) = release.facts.last() else {
        say::step("there is no release before this one to compare interfaces with");
        return Ok(());
    };
    let semver_checks = cargo_tools::find_or_install("cargo-semver-checks")?;
    let tag = last.tag();
    let source = release.layout.source();
    let manifest = source.join("Cargo.toml");
    let manifest = manifest.to_str().context("the path of the source is no text")?;
    // It sees the new version in the copy, and the old one in git.
    let arguments =
        ["semver-checks", "--manifest-path", manifest, "--workspace", "--baseline-rev", &tag];
    cargo_tools::passes(&semver_checks, &arguments)
}

fn passes(arguments: &[&str]) -> Result<()> {
    ensure!(run::shown(&mut run::cargo(arguments))?, "cargo {} failed", arguments[0]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_goes_by_its_name() {
        for check in Check::ALL {
            assert_eq!(check.name().parse::<Check>().unwrap(), check);
        }
        let error = "speed".parse::<Check>().unwrap_err().to_string();
        assert!(error.starts_with("no such check: speed; there are fmt, "), "{error}");
    }
}
