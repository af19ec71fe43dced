//! The checks of a release, by their names.

use std::str::FromStr;

use anyhow::{Context as _, Error, Result};

/// A check that can be called alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Check {
    /// `.ci/run`, which checks every change.
    Ci,
    Deny,
    Semver,
}

impl Check {
    pub(crate) const ALL: [Self; 3] = [Self::Ci, Self::Deny, Self::Semver];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Deny => "deny",
            Self::Semver => "semver",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_parsed_from_its_name() {
        for check in Check::ALL {
            assert_eq!(check.name().parse::<Check>().unwrap(), check);
        }
        let error = "speed".parse::<Check>().unwrap_err().to_string();
        assert!(error.starts_with("no such check: speed; there are ci, "), "{error}");
    }
}
