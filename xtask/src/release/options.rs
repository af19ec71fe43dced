//! What follows `cargo xtask release`.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, Error, Result, bail, ensure};

use super::check::Check;
use super::refusals::Deeds;
use super::version::Version;

/// A part of a release. Without any named, all are gone through, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Version,
    /// All checks, or one.
    Checks(Option<Check>),
    Packages,
    Binary,
    Pages,
    Licences,
    Tarball,
    Image,
    Sums,
}

impl Step {
    pub(crate) const ALL: [Self; 9] = [
        Self::Version,
        Self::Checks(None),
        Self::Packages,
        Self::Binary,
        Self::Pages,
        Self::Licences,
        Self::Tarball,
        Self::Image,
        Self::Sums,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Checks(_) => "checks",
            Self::Packages => "packages",
            Self::Binary => "binary",
            Self::Pages => "pages",
            Self::Licences => "licences",
            Self::Tarball => "tarball",
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

/// What a call asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Only these steps.
    pub(crate) steps: Vec<Step>,
    /// The version to release, else the one that the crates have.
    pub(crate) version: Option<Version>,
    pub(crate) deeds: Deeds,
    /// The engine that builds the image, else one of our own.
    pub(crate) host: Option<String>,
    /// The finished folder to look at, instead of all else.
    pub(crate) verify: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = words.iter();
        while let Some(&word) = rest.next() {
            let mut value = || rest.next().with_context(|| format!("`{word}` needs a value"));
            match word {
                "--version" => options.version = Some(value()?.parse()?),
                "--host" => options.host = Some((*value()?).to_owned()),
                "--verify" => options.verify = Some(value()?.into()),
                "--execute" => options.deeds.execute = true,
                "--publish" => options.deeds.publish = true,
                _ if word.starts_with('-') => bail!("no such option: {word}"),
                _ => options.steps.push(word.parse()?),
            }
        }
        let is_more = options.deeds != Deeds::default();
        ensure!(
            options.steps.is_empty() || !is_more,
            "single steps are for rehearsals: what is tagged or published has gone through all"
        );
        ensure!(options.verify.is_none() || words.len() == 2, "`--verify DIR` stands alone");
        // In their order, whatever the order in which they were named.
        options.steps.sort();
        options.steps.dedup();
        Ok(options)
    }

    /// Returns the steps to run.
    pub(crate) fn steps(&self) -> &[Step] {
        if self.steps.is_empty() { &Step::ALL } else { &self.steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(words: &[&str]) -> String {
        Options::parse(words).unwrap_err().to_string()
    }

    #[test]
    fn without_a_word_all_is_rehearsed() {
        let options = Options::parse(&[]).unwrap();
        assert_eq!(options, Options::default());
        assert_eq!(options.steps(), Step::ALL);
    }

    #[test]
    fn steps_are_gone_through_in_their_order() {
        let options = Options::parse(&["sums", "checks:deny", "version", "sums"]).unwrap();
        let deny = Step::Checks(Some(Check::Deny));
        assert_eq!(options.steps(), [Step::Version, deny, Step::Sums]);
    }

    #[test]
    fn every_step_goes_by_its_name() {
        for step in Step::ALL {
            assert_eq!(step.name().parse::<Step>().unwrap(), step);
        }
        let error = message(&["ship"]);
        assert!(error.starts_with("no such step: ship; there are version, checks, "), "{error}");
    }

    #[test]
    fn a_slip_is_refused() {
        assert_eq!(message(&["--dry-run"]), "no such option: --dry-run");
        assert_eq!(message(&["--version"]), "`--version` needs a value");
        assert!(message(&["--version", "1.0"]).starts_with("1.0 is no version"));
        assert!(message(&["image", "--execute"]).starts_with("single steps are for rehearsals"));
        assert_eq!(message(&["--verify", "a", "sums"]), "`--verify DIR` stands alone");
    }
}
