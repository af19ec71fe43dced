//! The kinds of processor that a release has binaries for.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, Result, bail};

/// A kind of processor that a release has a binary for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Machine {
    X86_64,
    Aarch64,
}

impl Machine {
    pub(crate) const ALL: [Self; 2] = [Self::X86_64, Self::Aarch64];

    /// Returns the name in Rust's targets and in RPM.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    /// Returns the name in Debian's packages and in platforms of images.
    pub(crate) fn deb(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Aarch64 => "arm64",
        }
    }

    /// Returns the start of the names of Debian's compilers for it, such as `aarch64-linux-gnu`.
    pub(crate) fn gnu(self) -> String {
        format!("{}-linux-gnu", self.name())
    }

    /// Returns the platform of images for it.
    pub(crate) fn platform(self) -> String {
        format!("linux/{}", self.deb())
    }

    /// Returns the kind of processor of a target for Linux, or `None` if releases have no packages
    /// for it.
    pub(crate) fn of_target(target: &str) -> Option<Self> {
        let (name, rest) = target.split_once('-')?;
        let machine = Self::ALL.into_iter().find(|machine| machine.name() == name);
        machine.filter(|_| rest.contains("linux"))
    }

    /// Returns the kind of processor that this task runs on.
    pub(crate) fn here() -> Option<Self> {
        Self::ALL.into_iter().find(|machine| machine.name() == std::env::consts::ARCH)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Machine {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let machine = Self::ALL.into_iter().find(|it| it.name() == name || it.deb() == name);
        let Some(machine) = machine else {
            bail!("{name} is not supported: pass {}", Self::ALL.map(Self::name).join(" or "))
        };
        Ok(machine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_two_names() {
        for machine in Machine::ALL {
            assert_eq!(machine.name().parse::<Machine>().unwrap(), machine);
            assert_eq!(machine.deb().parse::<Machine>().unwrap(), machine);
        }
        let error = "riscv64gc".parse::<Machine>().unwrap_err().to_string();
        assert_eq!(error, "riscv64gc is not supported: pass x86_64 or aarch64");
    }

    #[test]
    fn targets_for_linux_have_a_machine() {
        let name = |target| Machine::of_target(target).map(Machine::deb);
        assert_eq!(name("x86_64-unknown-linux-musl"), Some("amd64"));
        assert_eq!(name("aarch64-unknown-linux-gnu"), Some("arm64"));
        assert_eq!(name("aarch64-apple-darwin"), None);
        assert_eq!(name("riscv64gc-unknown-linux-gnu"), None);
    }
}
