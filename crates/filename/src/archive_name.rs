//! The file name of an archive.

use std::fmt;
use std::str::FromStr;

use crate::archive_format::ArchiveFormat;
use crate::component;
use crate::dirty;
use crate::escape::controls_terminal;
use crate::image_id::{self, ImageId};
use crate::name_error::{NewNameError, NewNameErrorKind, ParseNameError};
use crate::precedence::Precedence;
use crate::version::Version;

/// The maximum length of a file name on the file systems of Linux and macOS, in bytes.
const LONGEST: usize = 255;

/// The file name of an archive, `{image}_{version}_{id}.{format}`.
///
/// The complete text matches [`ARCHIVE_NAME_PATTERN`](crate::ARCHIVE_NAME_PATTERN). Parsing does
/// not change it: `parse(text)?.to_string() == text`.
///
/// Names do not implement `Ord`, because the order of their texts is not that of their versions.
/// Sort them by [`as_str`](Self::as_str) or by [`precedence`](Self::precedence).
///
/// ```
/// use sealift_filename::{ArchiveFormat, ArchiveName, Version};
///
/// let name = ArchiveName::parse("web_admin_1.0+beta_0123456789ab.zip")?;
/// assert_eq!((name.image(), name.version()), ("web_admin", "1.0+beta"));
/// assert_eq!(name.member_name(), "web_admin_1.0+beta_0123456789ab.docker");
///
/// let version = Version::new("1.0");
/// let made = ArchiveName::new("web", &version, name.id(), ArchiveFormat::Docker).unwrap();
/// assert_eq!(made.as_str(), "web_1.0_0123456789ab.docker");
///
/// for not_a_name in ["web_1.0.zip", "_1.0_0123456789ab.zip", "web_1.0_0123456789AB.zip"] {
///     assert!(ArchiveName::try_parse(not_a_name).is_none());
/// }
/// # Ok::<(), sealift_filename::ParseNameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ArchiveName {
    text: Box<str>,
    image_end: usize,
    dot: usize,
    id: ImageId,
}

/// The positions of the parts of a name.
struct Layout {
    image_end: usize,
    dot: usize,
    id: ImageId,
}

impl Layout {
    /// Finds the parts, starting at the end. The format contains no dot, and the id and the version
    /// contain no underscore, so the result is unambiguous.
    fn find(text: &str) -> Option<Self> {
        let dot = text.rfind('.')?;
        let (front, digits) = text.as_bytes()[..dot].split_last_chunk()?;
        let id = ImageId::from_ascii(digits)?;
        let front = front.strip_suffix(b"_")?;
        let image_end = front.iter().rposition(|&byte| byte == b'_')?;
        let image = &front[..image_end];
        // The `.` of the pattern matches any character except a line feed.
        (!image.is_empty() && !image.contains(&b'\n')).then_some(Self { image_end, dot, id })
    }
}

impl ArchiveName {
    /// Parses a file name. The published pattern must match it completely.
    pub fn parse(file_name: &str) -> Result<Self, ParseNameError> {
        Self::try_parse(file_name).ok_or_else(|| ParseNameError::explain(file_name))
    }

    /// Parses a file name, or returns `None` if it is not an archive name. Use it to list a folder
    /// that also contains other files.
    pub fn try_parse(file_name: &str) -> Option<Self> {
        let Layout { image_end, dot, id } = Layout::find(file_name)?;
        Some(Self { text: file_name.into(), image_end, dot, id })
    }

    /// Creates the name of an archive.
    ///
    /// This is stricter than [`parse`](Self::parse), which accepts all names of other tools.
    ///
    /// # Errors
    ///
    /// If the image is not valid as the last part of a repository name; if the version or the
    /// format is empty or contains a character that is not allowed (`_`, `/`, `.` in a format,
    /// control characters); if the name would be longer than 255 bytes.
    pub fn new(
        image: &str,
        version: &Version,
        id: ImageId,
        format: ArchiveFormat,
    ) -> Result<Self, NewNameError> {
        let refuse = |input, kind| Err(NewNameError::new(input, kind));
        let version = version.as_str();
        if let Err(fault) = component::check(image) {
            return refuse(image, NewNameErrorKind::Image(fault));
        }
        if version.is_empty() {
            return refuse(version, NewNameErrorKind::EmptyVersion);
        }
        if let Some(char) =
            version.chars().find(|&char| matches!(char, '_' | '/') || controls_terminal(char))
        {
            return refuse(version, NewNameErrorKind::VersionCharacter(char));
        }
        check_format(&format)?;
        let text = format!("{image}_{version}_{id}.{format}");
        check_length(&text)?;
        let image_end = image.len();
        let dot = text.len() - format.as_str().len() - 1;
        Ok(Self { text: text.into(), image_end, dot, id })
    }

    /// Returns the complete name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the name of the image, without folders.
    pub fn image(&self) -> &str {
        &self.text[..self.image_end]
    }

    /// Returns the version as text. It can be empty in a name that another tool created.
    pub fn version(&self) -> &str {
        &self.text[self.image_end + 1..self.dot - image_id::LENGTH - 1]
    }

    /// Returns the version as a [`Version`].
    pub fn to_version(&self) -> Version {
        Version::new(self.version())
    }

    /// Returns the id of the image.
    pub fn id(&self) -> ImageId {
        self.id
    }

    /// Returns the format.
    pub fn format(&self) -> ArchiveFormat {
        self.text[self.dot + 1..].into()
    }

    /// Returns `true` if the version is dirty ([`Version::is_dirty`]).
    pub fn is_dirty(&self) -> bool {
        dirty::is_dirty(self.version())
    }

    /// Returns the precedence of the version ([`Version::precedence`]).
    pub fn precedence(&self) -> Precedence<'_> {
        Precedence::of(self.version())
    }

    /// Returns the name of the same archive as a plain tar, `….docker`.
    #[must_use]
    pub fn to_docker(&self) -> Self {
        self.ending("docker")
    }

    /// Returns the name of the same archive as a zip, `….zip`.
    #[must_use]
    pub fn to_zip(&self) -> Self {
        self.ending("zip")
    }

    /// Returns the name of the only member in a zip with this name: the file name with `docker` as
    /// its format.
    pub fn member_name(&self) -> String {
        format!("{}.docker", &self.text[..self.dot])
    }

    fn ending(&self, format: &str) -> Self {
        Self { text: format!("{}.{format}", &self.text[..self.dot]).into(), ..*self }
    }
}

fn check_format(format: &ArchiveFormat) -> Result<(), NewNameError> {
    let format = format.as_str();
    let kind = if format.is_empty() {
        NewNameErrorKind::EmptyFormat
    } else if let Some(char) =
        format.chars().find(|&char| matches!(char, '.' | '/') || controls_terminal(char))
    {
        NewNameErrorKind::FormatCharacter(char)
    } else {
        return Ok(());
    };
    Err(NewNameError::new(format, kind))
}

fn check_length(text: &str) -> Result<(), NewNameError> {
    if text.len() > LONGEST {
        return Err(NewNameError::new(text, NewNameErrorKind::TooLong(text.len())));
    }
    Ok(())
}

impl FromStr for ArchiveName {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for ArchiveName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for ArchiveName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArchiveName({:?})", &self.text)
    }
}

impl AsRef<str> for ArchiveName {
    fn as_ref(&self) -> &str {
        &self.text
    }
}
