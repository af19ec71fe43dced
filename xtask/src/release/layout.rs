//! The paths of a release's files, all below `target/dist`.

use std::path::{Path, PathBuf};

use super::machine::Machine;
use super::version::Version;

/// The folder of a finished release, and of the work on it.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
    version: Version,
    /// The target of the binary, such as `x86_64-unknown-linux-musl`.
    target: String,
}

impl Layout {
    pub(crate) fn new(root: PathBuf, version: Version, target: String) -> Self {
        Self { root, version, target }
    }

    /// Returns the finished folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Returns the name of the tarball without its extension, and of the only folder in it.
    pub(crate) fn name(&self) -> String {
        format!("sealift-{}-{}", self.version, self.target)
    }

    /// Returns `true` if a finished file belongs to this version, but to another kind of processor.
    pub(crate) fn is_beside(&self, name: &str) -> bool {
        let version = self.version.to_string();
        let others =
            Machine::ALL.into_iter().filter(|it| Some(*it) != Machine::of_target(&self.target));
        let mut names = others.flat_map(|machine| [machine.name(), machine.deb()]);
        name.split(['-', '_']).any(|word| word == version)
            && names.any(|other| name.contains(other))
    }

    pub(crate) fn tarball(&self) -> PathBuf {
        self.root.join(format!("{}.tar.gz", self.name()))
    }

    /// Returns the file with the changelog's entry for the version.
    pub(crate) fn notes(&self) -> PathBuf {
        self.root.join("NOTES.md")
    }

    /// Returns the folder of the packed crates.
    pub(crate) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// Returns the folder of archives that contains the command's own image.
    pub(crate) fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    /// Returns the folder of the source as it is released, with its version.
    pub(crate) fn source(&self) -> PathBuf {
        self.work().join("source")
    }

    /// Returns the folder with the content of the tarball.
    pub(crate) fn stage(&self) -> PathBuf {
        self.work().join(self.name())
    }

    /// Returns the build context of the image.
    pub(crate) fn context(&self) -> PathBuf {
        self.work().join("context")
    }

    /// Returns the working folder for packages of distributions.
    pub(crate) fn installers(&self) -> PathBuf {
        self.work().join("installers")
    }

    /// Returns the folder of the unpacked crates.
    ///
    /// Nothing of the source is above it, so that a package cannot use a file that it lacks.
    pub(crate) fn unpacked(&self) -> PathBuf {
        self.work().join("unpacked")
    }

    /// Cargo's target folder for packages.
    pub(crate) fn packing(&self) -> PathBuf {
        self.work().join("packing")
    }

    /// Hidden, because it is not part of the result.
    fn work(&self) -> PathBuf {
        self.root.join(".work")
    }
}

/// Parses the version and the target in a tarball's name.
pub(crate) fn parse_tarball(name: &str) -> Option<(Version, &str)> {
    let (version, target) =
        name.strip_prefix("sealift-")?.strip_suffix(".tar.gz")?.split_once('-')?;
    Some((version.parse().ok()?, target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tarball_says_what_it_is() {
        let version: Version = "0.2.0".parse().unwrap();
        let layout = Layout::new("dist".into(), version, "x86_64-unknown-linux-gnu".to_owned());
        let name = "sealift-0.2.0-x86_64-unknown-linux-gnu.tar.gz";
        assert_eq!(layout.tarball(), Path::new("dist").join(name));
        assert_eq!(parse_tarball(name), Some((version, "x86_64-unknown-linux-gnu")));
        for name in ["sealift.tar.gz", "sealift-1.0-x.tar.gz", "sealift-store-0.2.0.crate"] {
            assert_eq!(parse_tarball(name), None, "{name}");
        }
    }

    #[test]
    fn files_of_another_processor_are_kept() {
        let version: Version = "0.2.0".parse().unwrap();
        let layout = Layout::new("dist".into(), version, "x86_64-unknown-linux-musl".to_owned());
        for name in [
            "sealift-0.2.0-aarch64-unknown-linux-gnu.tar.gz",
            "sealift_0.2.0-1_arm64.deb",
            "sealift-0.2.0-1.aarch64.rpm",
        ] {
            assert!(layout.is_beside(name), "{name}");
        }
        for name in [
            "sealift-0.1.0-aarch64-unknown-linux-gnu.tar.gz",
            "sealift-0.2.0-x86_64-unknown-linux-gnu.tar.gz",
            "sealift_0.2.0-1_amd64.deb",
            "sealift-0.2.0-1.x86_64.rpm",
        ] {
            assert!(!layout.is_beside(name), "{name}");
        }
    }

    #[test]
    fn work_is_hidden_in_the_finished_folder() {
        let layout = Layout::new("dist".into(), "0.2.0".parse().unwrap(), "t".to_owned());
        for path in [layout.source(), layout.stage(), layout.context(), layout.packing()] {
            assert!(path.starts_with("dist/.work"), "{}", path.display());
        }
    }
}
