//! The names of exported files.

use sealift_archive::Compression;
use sealift_filename::{ArchiveName, ImageId, Repository, Version};

use crate::export::cluster::ending;

/// The name of an exported file: `{image}_{version}_{id}.tar`, or `.tar.gz` or `.tar.zst`.
///
/// Clusters do not search subfolders, so the file name contains the full repository. A `/` is
/// written as `+`, and the `:` of a port as `++`. This is unambiguous, because repositories cannot
/// contain a `+`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExportName {
    pub(crate) version: Version,
    pub(crate) id: ImageId,
    pub(crate) compression: Option<Compression>,
    text: String,
}

/// The longest file name that file systems of Linux and macOS support, in bytes.
const LONGEST: usize = 255;

impl ExportName {
    /// Creates the name of an image's file. Returns `None` if the name would be too long.
    pub(crate) fn new(
        repository: &Repository,
        version: &Version,
        id: ImageId,
        compression: Option<Compression>,
    ) -> Option<Self> {
        let text = format!("{}_{version}_{id}.{}", flat(repository), ending(compression));
        let version = version.clone();
        (text.len() <= LONGEST).then_some(Self { version, id, compression, text })
    }

    /// Parses the name of a file with an image of this repository. Returns `None` for any other
    /// name.
    pub(crate) fn parse(text: &str, repository: &Repository) -> Option<Self> {
        let compressions = [None].into_iter().chain(Compression::ALL.map(Some));
        compressions.into_iter().find_map(|compression| {
            let stem = text.strip_suffix(&format!(".{}", ending(compression)))?;
            let name = ArchiveName::try_parse(&format!("{stem}.tar"))?;
            let made = Self::new(repository, &name.to_version(), name.id(), compression)?;
            (made.text == text).then_some(made)
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Returns a repository's name without characters that would make it a path.
fn flat(repository: &Repository) -> String {
    repository.familiar().as_str().replace(':', "++").replace('/', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(repository: &str, version: &str, compression: Option<Compression>) -> ExportName {
        let repository = Repository::parse(repository).unwrap();
        let id = "91e8e311933e".parse().unwrap();
        ExportName::new(&repository, &Version::new(version), id, compression).unwrap()
    }

    #[test]
    fn the_name_contains_the_full_repository() {
        let names = [
            name("web", "1.4.0.7", None),
            name("docker.io/library/web", "1.0+beta", Some(Compression::Zstd)),
            name("team/web_admin", "dev", Some(Compression::Gzip)),
            name("localhost:5000/team/web", "1", None),
        ];
        let names: Vec<&str> = names.iter().map(ExportName::as_str).collect();
        insta::assert_snapshot!(names.join("\n"), @r"
        web_1.4.0.7_91e8e311933e.tar
        web_1.0+beta_91e8e311933e.tar.zst
        team+web_admin_dev_91e8e311933e.tar.gz
        localhost++5000+team+web_1_91e8e311933e.tar
        ");
    }

    #[test]
    fn a_name_is_parsed_only_for_its_own_repository() {
        for (repository, other) in [
            ("web", "team/web"),
            ("team/web", "web"),
            ("web_1", "web"),
            ("localhost:5000/web", "localhost/5000/web"),
        ] {
            for compression in [None, Some(Compression::Gzip), Some(Compression::Zstd)] {
                let name = name(repository, "1.4.0.7", compression);
                let parse = |of| ExportName::parse(name.as_str(), &Repository::parse(of).unwrap());
                assert_eq!(parse(repository), Some(name.clone()));
                assert_eq!(parse(other), None, "{repository} is not {other}");
            }
        }
    }

    #[test]
    fn names_of_other_files_are_not_parsed() {
        let web = Repository::parse("web").unwrap();
        for other in [
            "web_1.4.0.7_91e8e311933e.docker",
            "web_1.4.0.7_91e8e311933e.zip",
            "web_1.4.0.7_91e8e311933e.tar.bz2",
            "web_1.4.0.7_91e8e311933e.tar.zst.tar",
            "web_1.4.0.7.tar",
            "web.tar",
            ".web_1.4.0.7_91e8e311933e.tar",
            "Web_1.4.0.7_91e8e311933e.tar",
            "web_1.4.0.7_91E8E311933E.tar",
            "",
        ] {
            assert_eq!(ExportName::parse(other, &web), None, "{other}");
        }
    }
}
