//! A reference: the name of an image with its version.

use std::fmt;
use std::str::FromStr;

use crate::escape::Quoted;
use crate::repository::{ParseRepositoryErrorKind, Repository};
use crate::tag::{TagError, TagErrorKind};
use crate::version::Version;

/// A reference to an image, as people type it and engines list it: `IMAGE[:VERSION]`.
///
/// Tags cannot contain `+`, so the `+` of a version is written as `_` in a reference. Parsing
/// accepts both. The version in a reference is always valid as a tag.
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
    /// If the version is not valid as a tag ([`Version::to_tag`]).
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
    /// If the image is not a repository name, or if the version is not valid as a tag. References
    /// by content, such as a digest or a complete id, are refused as well.
    pub fn parse(text: &str) -> Result<Self, ParseReferenceError> {
        read(text).map_err(|kind| ParseReferenceError { input: text.into(), kind })
    }

    /// Returns the repository name.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns the version, or `None` if the reference has none.
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Returns the version, or `latest` if the reference has none.
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
    // A colon before the last slash belongs to the port of a registry.
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

/// Returns `true` if engines read a text as an id or a digest instead of a name: it consists of 64
/// hex digits, with or without `sha256:` before them.
fn is_whole_id(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The error of parsing a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an image reference: {kind}", Quoted(input))]
pub struct ParseReferenceError {
    input: Box<str>,
    kind: ParseReferenceErrorKind,
}

/// The reason of a [`ParseReferenceError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseReferenceErrorKind {
    /// The text refers to an image by a digest.
    #[error("it contains a digest; archives are named by image and version")]
    Digest,
    /// The text is the complete id of an image.
    #[error("it is an image id; archives are named by image and version")]
    Id,
    /// There is no text before the version.
    #[error("it has no image")]
    NoImage,
    /// The text before the version is not a repository name.
    #[error("{0}")]
    Repository(ParseRepositoryErrorKind),
    /// The text after the `:` is not valid as a tag.
    #[error("its version is not valid: {0}")]
    Version(TagErrorKind),
}

impl ParseReferenceError {
    /// Returns the text that is not a reference.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
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
