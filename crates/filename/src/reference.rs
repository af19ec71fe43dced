//! Images as people name them.

use std::fmt;
use std::str::FromStr;

use crate::quote::Quoted;
use crate::{ParseRepositoryErrorKind, Repository, TagError, TagErrorKind, Version};

/// An image as people type it and engines list it: `IMAGE[:VERSION]`.
///
/// A tag's `_` is a version's `+`, and a version typed with its `+` is taken too. A version that is
/// there can always be written as a tag.
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    repository: Repository,
    version: Option<Version>,
}

impl Reference {
    /// Joins a repository and, where there is one, a version.
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

    /// Reads a reference.
    ///
    /// # Errors
    ///
    /// If the image is no repository name, if the version can't be a tag, and for what names an
    /// image by its content: a digest or a whole id.
    pub fn parse(text: &str) -> Result<Self, ParseReferenceError> {
        read(text).map_err(|kind| ParseReferenceError { input: text.into(), kind })
    }

    /// Gives the image's name.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Gives the version, where the reference has one.
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Gives the version, which is `latest` where the reference has none.
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

/// Engines take 64 hex digits for an id, and `sha256:` before them for a digest, never for a name.
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
    /// Nothing stands before the version.
    #[error("it has no image")]
    NoImage,
    /// What stands before the version is no repository name.
    #[error("{0}")]
    Repository(ParseRepositoryErrorKind),
    /// What stands behind the `:` can't be a tag.
    #[error("its version {0}")]
    Version(TagErrorKind),
}

impl ParseReferenceError {
    /// Gives the text that was refused.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Says what is wrong with it.
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
            Some(version) => {
                let tag = version.as_str().replace('+', "_");
                f.pad(&format!("{}:{tag}", self.repository.as_str()))
            }
        }
    }
}
