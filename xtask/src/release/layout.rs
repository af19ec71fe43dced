//! Where a release's files are, all below `target/dist`.

use std::path::{Path, PathBuf};

use super::version::Version;

/// The folder of a finished release, and of the work on it.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
    version: Version,
    /// What the binary is for: `x86_64-unknown-linux-musl`.
    target: String,
}

impl Layout {
    pub(crate) fn new(root: PathBuf, version: Version, target: String) -> Self {
        Self { root, version, target }
    }

    /// The finished folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// What the tarball is called, and the one folder in it.
    pub(crate) fn name(&self) -> String {
        format!("sealift-{}-{}", self.version, self.target)
    }

    pub(crate) fn tarball(&self) -> PathBuf {
        self.root.join(format!("{}.tar.gz", self.name()))
    }

    /// The changelog's entry for the version.
    pub(crate) fn notes(&self) -> PathBuf {
        self.root.join("NOTES.md")
    }

    /// The crates, packed.
    pub(crate) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// The command's own image, in a folder as sealift keeps it.
    pub(crate) fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    /// The source as it is released, with its version.
    pub(crate) fn source(&self) -> PathBuf {
        self.work().join("source")
    }

    /// What the tarball is made from.
    pub(crate) fn stage(&self) -> PathBuf {
        self.work().join(self.name())
    }

    /// What the image is built from.
    pub(crate) fn context(&self) -> PathBuf {
        self.work().join("context")
    }

    /// Where packages of distributions are put together.
    pub(crate) fn installers(&self) -> PathBuf {
        self.work().join("installers")
    }

    /// Where packages are built, and built from.
    pub(crate) fn packing(&self) -> PathBuf {
        self.work().join("packing")
    }

    /// Hidden, because it is not part of the result.
    fn work(&self) -> PathBuf {
        self.root.join(".work")
    }
}

/// Reads a tarball's name: the version in it, and what it is for.
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
    fn work_is_hidden_in_the_finished_folder() {
        let layout = Layout::new("dist".into(), "0.2.0".parse().unwrap(), "t".to_owned());
        for path in [layout.source(), layout.stage(), layout.context(), layout.packing()] {
            assert!(path.starts_with("dist/.work"), "{}", path.display());
        }
    }
}
