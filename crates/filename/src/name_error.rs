//! Errors of parsing and creating the names of archives.

use crate::component::ComponentFault;
use crate::escape::{Named, Quoted, QuotedChar};
use crate::image_id::{ImageId, ParseImageIdError};

/// The error of parsing an [`ArchiveName`](crate::ArchiveName).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an archive name: {kind}", Quoted(input))]
pub struct ParseNameError {
    input: Box<str>,
    kind: ParseNameErrorKind,
}

/// The reason of a [`ParseNameError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNameErrorKind {
    /// There is no dot.
    #[error("it has no `.` and format at its end")]
    NoFormat,
    /// There is no underscore before the last dot.
    #[error("it has no `_` and image id before its last `.`")]
    NoId,
    /// The text between an underscore and the last dot is not an id.
    #[error("{0}")]
    Id(ParseImageIdError),
    /// There is only one underscore before the last dot.
    #[error("it has no `_` and version before its image id")]
    NoVersion,
    /// There is no text before the version.
    #[error("it has no image before its version")]
    NoImage,
    /// The image contains a line feed.
    #[error("its image contains a line break")]
    LineBreak,
}

impl ParseNameError {
    /// Creates the error for a text that is not a name.
    pub(crate) fn explain(text: &str) -> Self {
        Self { input: text.into(), kind: explain(text) }
    }

    /// Returns the text that is not a name.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
    pub fn kind(&self) -> &ParseNameErrorKind {
        &self.kind
    }
}

fn explain(text: &str) -> ParseNameErrorKind {
    let Some((stem, _)) = text.rsplit_once('.') else {
        return ParseNameErrorKind::NoFormat;
    };
    let Some((front, id)) = stem.rsplit_once('_') else {
        return ParseNameErrorKind::NoId;
    };
    if let Err(error) = id.parse::<ImageId>() {
        return ParseNameErrorKind::Id(error);
    }
    match front.rsplit_once('_') {
        None => ParseNameErrorKind::NoVersion,
        Some(("", _)) => ParseNameErrorKind::NoImage,
        Some(_) => ParseNameErrorKind::LineBreak,
    }
}

/// The error of creating an [`ArchiveName`](crate::ArchiveName) from its parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not valid: {kind}", Named(kind.subject(), input))]
pub struct NewNameError {
    input: Box<str>,
    kind: NewNameErrorKind,
}

/// The reason of a [`NewNameError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewNameErrorKind {
    /// The image is not valid as the last part of a repository name.
    #[error("{0}")]
    Image(ComponentFault),
    /// The version is empty.
    #[error("it is empty")]
    EmptyVersion,
    /// The version contains a character that is not allowed in a name.
    #[error("it contains {}, which {}", QuotedChar(*.0), harm(*.0))]
    VersionCharacter(char),
    /// The format is empty.
    #[error("it is empty")]
    EmptyFormat,
    /// The format contains a character that is not allowed in a name.
    #[error("it contains {}, which {}", QuotedChar(*.0), harm(*.0))]
    FormatCharacter(char),
    /// The name has this number of bytes, more than a file name can have.
    #[error("it has {0} bytes, more than the 255 that a file name can have")]
    TooLong(usize),
}

fn harm(char: char) -> &'static str {
    match char {
        '_' => "separates the parts of an archive name",
        '/' => "separates folders",
        '.' => "separates the format from the rest of an archive name",
        _ => "is a control character",
    }
}

impl NewNameErrorKind {
    fn subject(&self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            Self::EmptyVersion | Self::VersionCharacter(_) => "version",
            Self::EmptyFormat | Self::FormatCharacter(_) => "format",
            Self::TooLong(_) => "archive name",
        }
    }
}

impl NewNameError {
    pub(crate) fn new(input: &str, kind: NewNameErrorKind) -> Self {
        Self { input: input.into(), kind }
    }

    /// Returns the part that is not valid: the image, the version, the format, or the complete name
    /// if it is too long.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
    pub fn kind(&self) -> &NewNameErrorKind {
        &self.kind
    }
}
