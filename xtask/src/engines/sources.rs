//! The sources of the system's packages, in the form of apt's sources.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// A repository of packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    address: String,
    suite: String,
    components: Vec<String>,
    signed_by: Option<String>,
}

/// Returns the package sources of the running release, without those of other vendors.
pub(super) fn of_the_system() -> Result<Vec<Source>> {
    let release = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let codename = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .context("/etc/os-release names no release")?
        .trim_matches('"');
    let mut sources = Vec::new();
    for file in source_files() {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let in_stanzas = file.extension().is_some_and(|extension| extension == "sources");
        sources.extend(if in_stanzas { stanzas(&text) } else { lines(&text) });
    }
    sources.retain(|source| {
        let rest = source.suite.strip_prefix(codename);
        let ours = matches!(rest, Some("" | "-updates" | "-security" | "/updates"));
        ours && source.components.iter().any(|component| component == "main")
    });
    // The release itself first: its mirror has the other suites too.
    sources.sort_by_key(|source| source.suite.len());
    anyhow::ensure!(!sources.is_empty(), "apt has no source for the system's release {codename}");
    Ok(sources)
}

/// Returns the source of another suite, on the mirror of the system.
pub(super) fn of_suite(suite: &str) -> Result<Source> {
    let mut source = of_the_system()?.swap_remove(0);
    source.suite = suite.to_owned();
    source.components = vec!["main".to_owned()];
    Ok(source)
}

fn source_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "list" || end == "sources"))
        .collect();
    files.sort();
    files.push("/etc/apt/sources.list".into());
    files.retain(|file| file.is_file());
    files
}

/// Parses apt's older format, which has a line for each source.
fn lines(text: &str) -> Vec<Source> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Source> {
    let rest = line.split('#').next()?.trim().strip_prefix("deb")?;
    let rest = rest.strip_prefix(char::is_whitespace).unwrap_or_default().trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source {
        address: words.next()?,
        suite: words.next()?,
        components: words.collect(),
        signed_by: options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="))
            .map(str::to_owned),
    })
}

/// Parses apt's newer format, which has a stanza of fields for each group of sources.
fn stanzas(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    for stanza in text.split("\n\n") {
        let field = |name: &str| {
            let start = format!("{}:", name.to_ascii_lowercase());
            stanza
                .lines()
                .find(|line| line.to_ascii_lowercase().starts_with(&start))
                .map(|line| line[start.len()..].trim())
        };
        let words = |name| field(name).unwrap_or_default().split_whitespace();
        if field("Enabled") == Some("no") || !words("Types").any(|kind| kind == "deb") {
            continue;
        }
        for address in words("URIs") {
            for suite in words("Suites") {
                sources.push(Source {
                    address: address.to_owned(),
                    suite: suite.to_owned(),
                    components: words("Components").map(str::to_owned).collect(),
                    // The field may also contain the key itself; then apt's own keys are used.
                    signed_by: field("Signed-By")
                        .filter(|file| file.starts_with('/'))
                        .map(str::to_owned),
                });
            }
        }
    }
    sources
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deb ")?;
        if let Some(key) = &self.signed_by {
            write!(f, "[signed-by={key}] ")?;
        }
        write!(f, "{} {} {}", self.address, self.suite, self.components.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(sources: &[Source]) -> Vec<String> {
        sources.iter().map(Source::to_string).collect()
    }

    #[test]
    fn lines_are_read_and_written_back() {
        let text = "# a comment\n\
                    deb http://mirror.example/debian bookworm main contrib # the release\n\
                    deb-src http://mirror.example/debian bookworm main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://other.example/x bookworm stable\n";
        assert_eq!(
            written(&lines(text)),
            [
                "deb http://mirror.example/debian bookworm main contrib",
                "deb [signed-by=/k.gpg] http://other.example/x bookworm stable",
            ]
        );
    }

    #[test]
    fn stanzas_are_read_and_written_as_lines() {
        let text = "Types: deb deb-src\nURIs: http://mirror.example/debian\n\
                    Suites: trixie trixie-updates\nComponents: main\nSigned-By: /k.gpg\n\n\
                    Types: deb\nURIs: http://off.example/\nSuites: trixie\nEnabled: no\n\n\
                    Types: deb\nURIs: http://other.example/x\nSuites: trixie\n\
                    Components: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n";
        assert_eq!(
            written(&stanzas(text)),
            [
                "deb [signed-by=/k.gpg] http://mirror.example/debian trixie main",
                "deb [signed-by=/k.gpg] http://mirror.example/debian trixie-updates main",
                "deb http://other.example/x trixie main",
            ]
        );
    }
}
