//! The version in the name of an archive.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::dirty::is_dirty;
use crate::precedence::Precedence;

/// A version of an image: any text.
///
/// Two versions are equal if their texts are equal. [`precedence`](Self::precedence) decides which
/// of two is newer. `Version` does not implement `Ord`, because the order of texts would place
/// `1.9` above `1.10`, and `dev` above both.
///
/// Not every version is valid in an archive name or as a tag:
/// [`ArchiveName::new`](crate::ArchiveName::new) and [`to_tag`](Self::to_tag) check this.
///
/// ```
/// use sealift_filename::Version;
///
/// let release = Version::new("1.28.0.259");
/// let local = Version::new("1.28.0.0");
/// assert!(local.is_dirty() && !release.is_dirty());
/// assert!(local.precedence() < release.precedence());
/// assert_eq!(Version::new("1.0+beta").to_tag()?, "1.0_beta");
/// # Ok::<(), sealift_filename::TagError>(())
/// ```
///
/// The newest of several:
///
/// ```
/// use sealift_filename::Version;
///
/// let versions = ["1.9", "1.10", "1.10+dirty", "dev"].map(Version::new);
/// let newest = versions.iter().max_by_key(|version| version.precedence());
/// assert_eq!(newest, Some(&Version::new("1.10")));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version(Box<str>);

impl Version {
    /// Creates a version from any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into_boxed_str())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the version is dirty, which means that it does not determine the content
    /// of the image. Dirty versions are `latest`, `dev`, those that end in `.dirty` or `+dirty`,
    /// and those of four numbers whose last one, the build number, is `0`.
    ///
    /// [`DIRTY_VERSION_PATTERN`](crate::DIRTY_VERSION_PATTERN) is the same rule as a pattern.
    pub fn is_dirty(&self) -> bool {
        is_dirty(&self.0)
    }

    /// Returns the precedence of the version, to compare it with others.
    pub fn precedence(&self) -> Precedence<'_> {
        Precedence::of(&self.0)
    }
}

impl From<&str> for Version {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Version {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl FromStr for Version {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({:?})", &self.0)
    }
}

impl AsRef<str> for Version {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Version {
    fn borrow(&self) -> &str {
        &self.0
    }
}
