//! The arguments of `cargo xtask release`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, Error, Result};
use clap::Args;

use super::check::Check;
use super::machine::Machine;
use super::refusals::Deeds;
use super::version::Version;

/// A step of a release. Without any named, all are run, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Version,
    /// All checks, or one.
    Checks(Option<Check>),
    Packages,
    Binary,
    Pages,
    Licences,
    Sbom,
    Tarball,
    Installers,
    Image,
    Sums,
}

impl Step {
    pub(crate) const ALL: [Self; 11] = [
        Self::Version,
        Self::Checks(None),
        Self::Packages,
        Self::Binary,
        Self::Pages,
        Self::Licences,
        Self::Sbom,
        Self::Tarball,
        Self::Installers,
        Self::Image,
        Self::Sums,
    ];

    /// Returns `true` for steps that depend on the kind of processor.
    pub(crate) fn is_for_each_machine(self) -> bool {
        !matches!(self, Self::Version | Self::Checks(_) | Self::Packages)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Checks(_) => "checks",
            Self::Packages => "packages",
            Self::Binary => "binary",
            Self::Pages => "pages",
            Self::Licences => "licences",
            Self::Sbom => "sbom",
            Self::Tarball => "tarball",
            Self::Installers => "installers",
            Self::Image => "image",
            Self::Sums => "sums",
        }
    }
}

impl FromStr for Step {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        if let Some(check) = word.strip_prefix("checks:") {
            return Ok(Self::Checks(Some(check.parse()?)));
        }
        let step = Self::ALL.into_iter().find(|step| step.name() == word);
        step.with_context(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no such step: {word}; there are {names}, and checks:NAME")
        })
    }
}

/// The arguments of `cargo xtask release`.
#[derive(Debug, Default, Args)]
pub(crate) struct ReleaseArguments {
    /// The steps to rehearse: version, checks (or checks:NAME), packages, binary, pages, licences,
    /// sbom, tarball, installers, image, sums; all unless one is named
    // Only what has passed all steps is tagged or published.
    #[arg(value_name = "STEP", conflicts_with_all = ["execute", "publish"])]
    steps: Vec<Step>,
    /// The version to release [default: that of the crates]
    #[arg(long, value_name = "X.Y.Z")]
    pub(crate) version: Option<Version>,
    #[command(flatten)]
    pub(crate) deeds: Deeds,
    /// The kind of processor that binaries are for, x86_64 or aarch64, can be repeated [default:
    /// that of this machine, and the other one if there is a compiler for it]
    #[arg(long = "machine", value_name = "NAME")]
    pub(crate) machines: Vec<Machine>,
    /// The engine that builds the image [default: one that is started for it]
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Verify the finished folder DIR and run the binaries in it
    #[arg(long, value_name = "DIR", exclusive = true)]
    pub(crate) verify: Option<PathBuf>,
}

impl ReleaseArguments {
    /// Returns the steps to run, in the order of a release.
    pub(crate) fn steps(&self) -> Vec<Step> {
        match &self.steps[..] {
            [] => Step::ALL.to_vec(),
            steps => BTreeSet::from_iter(steps).into_iter().copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_the_order_of_a_release() {
        assert_eq!(ReleaseArguments::default().steps(), Step::ALL);
        let steps = ["sums", "checks:deny", "version", "sums"].map(|step| step.parse().unwrap());
        let arguments = ReleaseArguments { steps: steps.to_vec(), ..Default::default() };
        let deny = Step::Checks(Some(Check::Deny));
        assert_eq!(arguments.steps(), [Step::Version, deny, Step::Sums]);
    }

    #[test]
    fn every_step_is_parsed_from_its_name() {
        for step in Step::ALL {
            assert_eq!(step.name().parse::<Step>().unwrap(), step);
        }
        let error = "ship".parse::<Step>().unwrap_err().to_string();
        assert!(error.starts_with("no such step: ship; there are version, checks, "), "{error}");
    }
}
