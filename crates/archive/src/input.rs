//! The name of an archive in messages.

use std::fmt;
use std::path::{Path, PathBuf};

use sealift_filename::Printable;

/// The name of an archive in messages: the path of its file, or a name that the caller chooses for
/// bytes from elsewhere.
///
/// ```
/// use sealift_archive::Input;
///
/// assert_eq!(Input::from("the upload").to_string(), "the upload");
/// assert_eq!(Input::default().to_string(), "the archive");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Input(InputKind);

/// Boxes instead of `PathBuf` and `String` keep errors small, which contain an `Input`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum InputKind {
    /// A file.
    Path(Box<Path>),
    /// A name for something that is not a file.
    Name(Box<str>),
}

impl Input {
    /// Returns the path, if the input is a file.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            InputKind::Path(path) => Some(path),
            InputKind::Name(_) => None,
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
        match &self.0 {
            InputKind::Path(path) => path.display().fmt(f),
            InputKind::Name(name) => Printable(name).fmt(f),
        }
    }
}

impl From<&str> for Input {
    fn from(name: &str) -> Self {
        Self(InputKind::Name(name.into()))
    }
}

impl From<String> for Input {
    fn from(name: String) -> Self {
        Self(InputKind::Name(name.into()))
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self(InputKind::Path(path.into()))
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self(InputKind::Path(path.into()))
    }
}
