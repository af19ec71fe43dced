//! Arguments that several tasks have.

use std::str::FromStr;

use clap::Args;

use crate::engines::Kind;

/// The engines that a task uses.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct EngineArguments {
    /// The engines: docker, podman, moby-classic, moby-containerd, trixie-containerd, separated by
    /// commas, or all or none
    #[arg(long = "engines", value_name = "LIST")]
    list: Option<EngineList>,
}

impl EngineArguments {
    /// Returns the engines, or `None` without the option.
    pub(crate) fn kinds(&self) -> Option<&[Kind]> {
        self.list.as_ref().map(|list| &list.0[..])
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct EngineList(Vec<Kind>);

impl FromStr for EngineList {
    type Err = anyhow::Error;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        match list {
            "all" => Ok(Self(Kind::ALL.to_vec())),
            "none" => Ok(Self(Vec::new())),
            _ => list.split(',').map(str::parse).collect::<Result<_, _>>().map(Self),
        }
    }
}

/// The option of tasks that write files to compare them instead.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct CheckArguments {
    /// Compare the files with the current state and write nothing
    #[arg(long)]
    pub(crate) check: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_named_by_a_list_or_all_or_none() {
        let engines = |list: &str| list.parse::<EngineList>().unwrap().0;
        assert_eq!(engines("none"), []);
        assert_eq!(engines("docker,moby-containerd"), [Kind::Docker, Kind::MobyContainerd]);
        assert_eq!(engines("all").len(), 5);
        let unknown = "rkt".parse::<EngineList>().unwrap_err().to_string();
        assert_eq!(unknown, "no such engine: rkt");
    }
}
