//! The version in an archive's name.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::Precedence;

/// A version of an image: any text.
///
/// Versions compare as text, so that two are equal only if they are written alike; the order in
/// which they follow each other is their [`precedence`](Self::precedence). What an archive's name
/// can hold is checked where one is made ([`ArchiveName::new`](crate::ArchiveName::new)), what a
/// tag can hold where that is made ([`to_tag`](Self::to_tag)).
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
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(Box<str>);

impl Version {
    /// Takes any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into_boxed_str())
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the version doesn't pin the content down: `latest`, `dev`, what ends in
    /// `.dirty` or `+dirty`, and four numbers of which the last, the build number, is `0`.
    ///
    /// This is [`DIRTY_VERSION_PATTERN`](crate::DIRTY_VERSION_PATTERN).
    pub fn is_dirty(&self) -> bool {
        is_dirty(&self.0)
    }

    /// Gives the place of the version among others, to sort by.
    pub fn precedence(&self) -> Precedence<'_> {
        Precedence::of(&self.0)
    }
}

pub(crate) fn is_dirty(text: &str) -> bool {
    matches!(text, "latest" | "dev") || without_dirty(text).is_some() || is_build_zero(text)
}

/// Takes a closing `.dirty` or `+dirty` off, where there is one.
pub(crate) fn without_dirty(text: &str) -> Option<&str> {
    let front = text.strip_suffix("dirty")?.strip_suffix(['.', '+'])?;
    // The pattern's `.` is any character but a line feed.
    (!front.contains('\n')).then_some(front)
}

fn is_build_zero(text: &str) -> bool {
    let Some(numbers) = text.strip_suffix(".0") else {
        return false;
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_number)
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
