//! What an archive is read from, as messages name it.

use std::fmt;
use std::path::{Path, PathBuf};

use sealift_filename::Printable;

/// What an archive is read from, as messages name it: the path of a file, or a name that the caller
/// chooses for bytes from elsewhere.
///
/// ```
/// use sealift_archive::Input;
///
/// assert_eq!(Input::from("the upload").to_string(), "the upload");
/// assert_eq!(Input::default().to_string(), "the archive");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// A name for something that is no file.
    Name(String),
}

impl Input {
    /// Returns the path, if the input is a file.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Name(_) => None,
        }
    }
}

impl Default for Input {
    fn default() -> Self {
        Self::from("the archive")
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Name(name) => Printable(name).fmt(f),
        }
    }
}

impl From<&str> for Input {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Input {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}
