//! The name of an image with its version.

use std::fmt;
use std::str::FromStr;

use crate::escape::Quoted;
use crate::repository::{ParseRepositoryErrorKind, Repository};
use crate::tag::{TagError, TagErrorKind};
use crate::version::Version;

/// An image as people type it and engines list it: `IMAGE[:VERSION]`.
///
/// The `_` of a tag is the `+` of a version, and a version typed with its `+` is accepted too. A
/// version in a reference can always be written as a tag.
///
/// ```
/// use sealift_filename::Reference;
///
/// let reference = Reference::parse("web:1.0_beta")?;
/// assert_eq!(reference.repository().as_str(), "web");
/// assert_eq!(reference.version().unwrap().as_str(), "1.0+beta");
/// assert_eq!(reference.to_string(), "web:1.0_beta");
/// assert_eq!(Reference::parse("web:1.0+beta")?, reference);
///
/// assert!(Reference::parse("localhost:5000/web")?.version().is_none());
/// assert!(Reference::parse("web@sha256:0123").is_err());
/// # Ok::<(), sealift_filename::ParseReferenceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    repository: Repository,
    version: Option<Version>,
}

impl Reference {
    /// Creates a reference from a repository and, if there is one, a version.
    ///
    /// # Errors
    ///
    /// If the version can't be written as a tag ([`Version::to_tag`]).
    pub fn new(repository: Repository, version: Option<Version>) -> Result<Self, TagError> {
        if let Some(version) = &version {
            version.to_tag()?;
        }
        Ok(Self { repository, version })
    }

    /// Parses a reference.
    ///
    /// # Errors
    ///
    /// If the image is not a repository name or the version can't be a tag. What names an image by
    /// its content, a digest or a whole id, is refused too.
    pub fn parse(text: &str) -> Result<Self, ParseReferenceError> {
        read(text).map_err(|kind| ParseReferenceError { input: text.into(), kind })
    }

    /// Returns the image's name.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns the version, if the reference has one.
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Returns the version, which is `latest` if the reference has none.
    pub fn version_or_latest(&self) -> Version {
        self.version.clone().unwrap_or_else(|| Version::new("latest"))
    }
}

fn read(text: &str) -> Result<Reference, ParseReferenceErrorKind> {
    if text.contains('@') {
        return Err(ParseReferenceErrorKind::Digest);
    }
    if is_whole_id(text) {
        return Err(ParseReferenceErrorKind::Id);
    }
    // A colon before the last slash belongs to a registry's port.
    let last = text.rfind('/').map_or(0, |slash| slash + 1);
    let (name, version) = match text[last..].split_once(':') {
        Some((image, tag)) => (&text[..last + image.len()], Some(Version::from_tag(tag))),
        None => (text, None),
    };
    if name.is_empty() {
        return Err(ParseReferenceErrorKind::NoImage);
    }
    let repository = Repository::parse(name)
        .map_err(|error| ParseReferenceErrorKind::Repository(error.kind().clone()))?;
    Reference::new(repository, version)
        .map_err(|error| ParseReferenceErrorKind::Version(error.kind().clone()))
}

/// Returns `true` for what engines read as an id or a digest, never as a name: 64 hex digits, with
/// or without `sha256:` before them.
fn is_whole_id(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Why a text is not a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an image reference: {kind}", Quoted(input))]
pub struct ParseReferenceError {
    input: Box<str>,
    kind: ParseReferenceErrorKind,
}

/// What is wrong with a text that should be a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseReferenceErrorKind {
    /// It names an image by a digest.
    #[error("it has a digest, but archives are named by image and version")]
    Digest,
    /// It is an image's whole id.
    #[error("it is an image's id, but archives are named by image and version")]
    Id,
    /// There is no text before the version.
    #[error("it has no image")]
    NoImage,
    /// The text before the version is not a repository name.
    #[error("{0}")]
    Repository(ParseRepositoryErrorKind),
    /// The text after the `:` can't be a tag.
    #[error("its version is not valid: {0}")]
    Version(TagErrorKind),
}

impl ParseReferenceError {
    /// Returns the text that was refused.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns what is wrong with it.
    pub fn kind(&self) -> &ParseReferenceErrorKind {
        &self.kind
    }
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            None => self.repository.fmt(f),
            Some(version) => f.pad(&format!("{}:{}", self.repository, version.display_tag())),
        }
    }
}
