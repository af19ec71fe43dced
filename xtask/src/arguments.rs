//! The few options that tasks have.

use anyhow::{Result, bail};

use crate::engines::Kind;

/// What follows `cargo xtask test` or `cargo xtask engine up`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The engines that were asked for, if any were.
    pub(crate) engines: Option<Vec<Kind>>,
    /// The words after `--`.
    pub(crate) rest: Vec<String>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self { engines: None, rest: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match (*word, word.strip_prefix("--engines=")) {
                (_, Some(list)) => options.engines = Some(kinds(list)?),
                ("--engines", None) => match words.next() {
                    Some(list) => options.engines = Some(kinds(list)?),
                    None => bail!("`--engines` needs a list: docker, podman, …, all or none"),
                },
                ("--", None) => options.rest = words.by_ref().map(|&word| word.into()).collect(),
                _ => bail!("no such option: {word}"),
            }
        }
        Ok(options)
    }
}

/// Reads a list of engines.
pub(crate) fn kinds(list: &str) -> Result<Vec<Kind>> {
    match list {
        "all" => Ok(Kind::ALL.to_vec()),
        "none" => Ok(Vec::new()),
        _ => list.split(',').map(str::parse).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_named_by_a_list_or_all_or_none() {
        let engines = |words: &[&str]| Options::parse(words).unwrap().engines;
        assert_eq!(engines(&[]), None);
        assert_eq!(engines(&["--engines", "none"]), Some(vec![]));
        assert_eq!(engines(&["--engines=podman"]), Some(vec![Kind::Podman]));
        assert_eq!(
            engines(&["--engines", "docker,moby-containerd"]),
            Some(vec![Kind::Docker, Kind::MobyContainerd])
        );
        assert_eq!(engines(&["--engines", "all"]).map(|all| all.len()), Some(5));
    }

    #[test]
    fn what_follows_two_dashes_is_not_read() {
        let options = Options::parse(&["--", "saves", "--", "--nocapture"]).unwrap();
        assert_eq!(options.rest, ["saves", "--", "--nocapture"]);
    }

    #[test]
    fn an_unknown_engine_or_option_is_refused() {
        let message = |words: &[&str]| Options::parse(words).unwrap_err().to_string();
        assert_eq!(message(&["--engines", "rkt"]), "no such engine: rkt");
        assert_eq!(message(&["--engine"]), "no such option: --engine");
    }
}
