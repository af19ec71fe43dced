//! Versions as tags.

use std::fmt::{self, Write as _};

use crate::escape::{Named, QuotedChar};
use crate::repository::{ParseRepositoryErrorKind, Repository};
use crate::version::Version;

/// The maximum length of a tag in characters.
const LONGEST: usize = 128;

impl Version {
    /// Returns the version as a tag. Tags cannot contain `+`, so it becomes `_`. Versions in
    /// archive names cannot contain `_`, so [`from_tag`](Self::from_tag) can restore the version.
    ///
    /// # Errors
    ///
    /// If the result is not a tag (`[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`), or if the version itself
    /// contains a `_`.
    pub fn to_tag(&self) -> Result<String, TagError> {
        match fault(self.as_str()) {
            None => Ok(self.display_tag().to_string()),
            Some(kind) => Err(TagError { input: self.as_str().into(), kind }),
        }
    }

    /// Displays the version as a tag in messages, even if it is not valid as one.
    ///
    /// ```
    /// use sealift_filename::Version;
    ///
    /// assert_eq!(Version::new("1.0+my beta").display_tag().to_string(), "1.0_my beta");
    /// ```
    pub fn display_tag(&self) -> impl fmt::Display {
        TagText(self.as_str())
    }

    /// Returns the version of a tag: `_` becomes `+`.
    ///
    /// ```
    /// use sealift_filename::Version;
    ///
    /// assert_eq!(Version::from_tag("1.0_beta"), Version::new("1.0+beta"));
    /// ```
    pub fn from_tag(tag: &str) -> Self {
        Self::new(tag.replace('_', "+"))
    }
}

struct TagText<'a>(&'a str);

impl fmt::Display for TagText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| f.write_char(if char == '+' { '_' } else { char }))
    }
}

fn fault(version: &str) -> Option<TagErrorKind> {
    let is_inner = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '.' | '-');
    if version.contains('_') {
        return Some(TagErrorKind::Underscore);
    }
    if let Some(char) = version.chars().find(|&char| !is_inner(char)) {
        return Some(TagErrorKind::Character(char));
    }
    match version.chars().next() {
        None => Some(TagErrorKind::Empty),
        Some(char @ ('.' | '-')) => Some(TagErrorKind::Start(char)),
        Some(_) if version.len() > LONGEST => Some(TagErrorKind::TooLong(version.len())),
        Some(_) => None,
    }
}

/// Returns the reference of an image in an engine, `image:tag`.
///
/// ```
/// use sealift_filename::version_to_imagetag;
///
/// assert_eq!(version_to_imagetag("web", "1.28.0.259")?, "web:1.28.0.259");
/// assert_eq!(version_to_imagetag("team/web", "1.0+beta")?, "team/web:1.0_beta");
/// assert_eq!(version_to_imagetag("docker.io/library/web", "1.0")?, "web:1.0");
/// assert!(version_to_imagetag("web", "my version").is_err());
/// # Ok::<(), sealift_filename::TagError>(())
/// ```
///
/// # Errors
///
/// If the image is not a [`Repository`], or if the version is not valid as a tag
/// ([`Version::to_tag`]).
pub fn version_to_imagetag(image: &str, version: &str) -> Result<String, TagError> {
    let repository = Repository::parse(image).map_err(|error| {
        let kind = TagErrorKind::Image(error.kind().clone());
        TagError { input: image.into(), kind }
    })?;
    let tag = Version::from(version).to_tag()?;
    Ok(format!("{repository}:{tag}"))
}

/// The error of converting a version, or an image and a version, to a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {}: {kind}", Named(kind.subject(), input), kind.refusal())]
pub struct TagError {
    input: Box<str>,
    kind: TagErrorKind,
}

/// The reason of a [`TagError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagErrorKind {
    /// The version is empty.
    #[error("it is empty")]
    Empty,
    /// The version contains a `_`, which would be read back as a `+`.
    #[error("it contains `_`, which represents `+` in a tag")]
    Underscore,
    /// The version contains a character that is not allowed in tags.
    #[error(
        "it contains {}; only ASCII letters and digits, `.`, `-` and `+` are allowed",
        QuotedChar(*.0)
    )]
    Character(char),
    /// The version starts with a character that is not allowed at the start of a tag.
    #[error("it starts with {}, which cannot be the first character of a tag", QuotedChar(*.0))]
    Start(char),
    /// The version has this number of characters, more than a tag can have.
    #[error("it has {0} characters, more than the 128 that a tag can have")]
    TooLong(usize),
    /// The image is not a repository name.
    #[error("{0}")]
    Image(ParseRepositoryErrorKind),
}

impl TagErrorKind {
    fn subject(&self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            _ => "version",
        }
    }

    fn refusal(&self) -> &'static str {
        match self {
            Self::Image(_) => "is not a repository name",
            _ => "is not valid in a tag",
        }
    }
}

impl TagError {
    /// Returns the version or the image that is not valid.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
    pub fn kind(&self) -> &TagErrorKind {
        &self.kind
    }
}
