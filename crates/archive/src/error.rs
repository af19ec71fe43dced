//! Errors of reading and writing archives, and faults of their content.

use std::fmt;
use std::io;

use sealift_filename::Printable;

use sealift_oci::{Digest, Platform};

use crate::input::Input;

/// An error of reading, writing or verifying an archive. It names the archive.
///
/// Readers return it inside an [`io::Error`]; `error.downcast::<Error>()` extracts it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The archive cannot be read or written.
    #[error("cannot {operation} {input}")]
    Io {
        /// The operation that failed, as a verb: `open`, `read`, `write`, `hash`.
        operation: &'static str,
        /// The archive.
        input: Input,
        /// The underlying error.
        source: io::Error,
    },
    /// The archive can be read, but its content is not a complete, supported image.
    #[error("{input} {}", source.kind().phrase())]
    Fault {
        /// The archive.
        input: Input,
        /// The fault of its content.
        source: Fault,
    },
    /// The caller cancelled the operation.
    #[error("interrupted while reading {input}")]
    Cancelled {
        /// The archive that was being read.
        input: Input,
    },
}

impl Error {
    pub(crate) fn io(operation: &'static str, input: impl Into<Input>, source: io::Error) -> Self {
        Self::Io { operation, input: input.into(), source }
    }

    pub(crate) fn fault(input: impl Into<Input>, source: Fault) -> Self {
        Self::Fault { input: input.into(), source }
    }

    /// Extracts the error from one that a reader of this crate returned. Any other error becomes
    /// a failure to read `input`.
    pub(crate) fn of_reader(error: io::Error, input: &Input) -> Self {
        error.downcast().unwrap_or_else(|source| Self::io("read", input.clone(), source))
    }

    /// Returns the kind of the error.
    ///
    /// ```
    /// use sealift_archive::{ErrorKind, ExamineOptions, examine_file};
    ///
    /// let error = examine_file("/no/such/file", &ExamineOptions::default()).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                ErrorKind::NotFound
            }
            Self::Io { .. } => ErrorKind::Io,
            Self::Fault { source, .. } => match source.kind() {
                FaultKind::Damaged => ErrorKind::Damaged,
                FaultKind::NotAnImage => ErrorKind::NotAnImage,
                FaultKind::Unsupported => ErrorKind::Unsupported,
            },
            Self::Cancelled { .. } => ErrorKind::Cancelled,
        }
    }

    /// Returns the name of the archive.
    pub fn input(&self) -> &Input {
        match self {
            Self::Io { input, .. } | Self::Fault { input, .. } | Self::Cancelled { input } => input,
        }
    }

    /// Returns the fault of the content, or `None` if the error has another cause.
    pub fn as_fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such file.
    NotFound,
    /// The archive cannot be read or written.
    Io,
    /// Bytes of the archive are missing or wrong.
    Damaged,
    /// The file contains no image.
    NotAnImage,
    /// The archive may be intact, but its form is not supported.
    Unsupported,
    /// The caller cancelled the operation.
    Cancelled,
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Io { source, .. } => source.kind(),
            Error::Fault { .. } => io::ErrorKind::InvalidData,
            Error::Cancelled { .. } => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// The kind of a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The archive was an image, or was meant to become one, but bytes are missing or wrong.
    Damaged,
    /// The file contains no image, and nothing indicates that it ever did.
    NotAnImage,
    /// The archive may be intact, but its form is not supported.
    Unsupported,
}

impl FaultKind {
    /// Returns the predicate that an error prints after the archive's name.
    fn phrase(self) -> &'static str {
        match self {
            Self::Damaged => "is damaged",
            Self::NotAnImage => "contains no image",
            Self::Unsupported => "is not a supported archive",
        }
    }
}

/// A fault in the content of an archive, and where it is.
///
/// It prints as a sentence about "the archive". [`reason`](Self::reason) returns the same text
/// without that subject, to be printed after the name of a file or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The engine appended an error to the archive. Docker's own client does not notice it.
    Engine {
        /// The number of bytes of the archive before the error.
        at: u64,
        /// The message of the engine.
        message: String,
    },
    /// The bytes end before the archive does.
    Truncated {
        /// The number of bytes before the end.
        at: u64,
        /// The part of the archive in which it ends: `within entry …`.
        place: String,
    },
    /// Bytes other than zeros follow the end of the archive.
    TrailingData {
        /// Offset of the first such byte in the plain tar.
        at: u64,
    },
    /// The padding after an entry, which writers fill with zeros, contains other bytes.
    Padding {
        /// Offset of the first such byte in the plain tar.
        at: u64,
    },
    /// A tar header is invalid.
    BadHeader {
        /// Offset of the header in the plain tar.
        at: u64,
        /// The reason why it is invalid.
        reason: String,
    },
    /// Two entries have the same name and different contents.
    ConflictingEntries {
        /// The name of the entries.
        entry: String,
    },
    /// Something that the archive refers to is missing from it.
    Missing {
        /// The missing part: `layer …`, `config …`.
        what: String,
        /// The document that refers to it.
        named_by: String,
    },
    /// A part is missing that every writer of this layout writes.
    Incomplete {
        /// The missing part.
        missing: &'static str,
        /// The content that shows which writer made the archive.
        evidence: String,
    },
    /// The archive consists of zero bytes.
    OnlyZeros,
    /// Content does not have the digest that a name or a document states.
    WrongDigest {
        /// The content that was hashed: `layer …`, `the config`.
        what: String,
        /// The stated digest.
        expected: Digest,
        /// The digest of the content.
        found: Digest,
    },
    /// The content differs from the checksum that sealift wrote into the archive.
    Checksum,
    /// A document in the archive contradicts itself or cannot be parsed.
    BadMetadata {
        /// The name of the document's entry.
        entry: String,
        /// The reason, as a predicate.
        reason: String,
    },
    /// The zip or the compressed stream around the tar cannot be read.
    BadContainer {
        /// The kind of container: `zip`, `gzip stream`.
        container: &'static str,
        /// The error of the decoder.
        reason: String,
    },
    /// The archive exceeds a limit that no archive of an image reaches.
    LimitExceeded {
        /// The quantity that is too large.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The file was recorded as an image and is no longer one.
    NoLongerAnImage {
        /// The fault that the file has now.
        reason: String,
    },
    /// The file contains no image.
    NotAnImage {
        /// The reason, such as what the file appears to be.
        reason: String,
    },
    /// The archive contains several images.
    SeveralImages {
        /// The number of images.
        count: usize,
        /// The names of the images.
        tags: Vec<String>,
    },
    /// The archive contains an image for several platforms, and the caller did not choose one.
    SeveralPlatforms {
        /// The platforms.
        platforms: Vec<Platform>,
    },
    /// The archive contains no image for the chosen platform.
    OtherPlatform {
        /// The chosen platform.
        wanted: Box<Platform>,
        /// The platforms in the archive.
        found: Vec<Platform>,
    },
    /// The form of the archive is not supported.
    Unsupported {
        /// The reason, and what to do instead if something helps.
        reason: String,
    },
}

/// Displays a fault without its subject.
struct Reason<'a>(&'a Fault);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Fault::Engine { at, message } => {
                write!(f, "the engine reported after {at} bytes: {}", Printable(message))
            }
            Fault::Truncated { at, place } => write!(f, "ends after {at} bytes, {place}"),
            Fault::TrailingData { at } => write!(f, "has other data after its end, at byte {at}"),
            Fault::Padding { at } => {
                write!(f, "has other data in the padding of an entry, at byte {at}")
            }
            Fault::BadHeader { at, reason } => {
                write!(f, "has no valid tar header at byte {at}: {reason}")
            }
            Fault::ConflictingEntries { entry } => {
                write!(f, "contains `{}` twice, with different contents", Printable(entry))
            }
            Fault::Missing { what, named_by } => write!(f, "lacks {what}, which {named_by} names"),
            Fault::Incomplete { missing, evidence } => {
                write!(f, "lacks {missing}, although it contains {evidence}")
            }
            Fault::OnlyZeros => write!(f, "contains only zero bytes"),
            Fault::WrongDigest { what, expected, found } => {
                write!(f, "{what} should be {expected}, but is {found}")
            }
            Fault::Checksum => {
                write!(f, "does not match the checksum that was written into it")
            }
            Fault::BadMetadata { entry, reason } => write!(f, "`{entry}` {reason}"),
            Fault::BadContainer { container, reason } => {
                write!(f, "is not a readable {container}: {reason}")
            }
            Fault::LimitExceeded { what, limit } => {
                write!(f, "{what}: more than the limit of {limit}")
            }
            Fault::NoLongerAnImage { reason } => {
                write!(f, "is no longer the image that was recorded: {reason}")
            }
            Fault::NotAnImage { reason } => write!(f, "{reason}"),
            Fault::SeveralImages { count, tags } => {
                write!(
                    f,
                    "it contains {count} images{}; an archive contains one",
                    in_brackets(tags)
                )
            }
            Fault::SeveralPlatforms { platforms } => {
                write!(f, "it contains an image for several platforms: {}", list(platforms))
            }
            Fault::OtherPlatform { wanted, found } => {
                write!(f, "it contains an image for {}, not for {wanted}", list(found))
            }
            Fault::Unsupported { reason } => write!(f, "{reason}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = match self {
            // Their messages have a subject of their own.
            Self::Engine { .. } | Self::WrongDigest { .. } | Self::BadMetadata { .. } => "",
            Self::NotAnImage { .. } => "the archive contains no image: ",
            Self::LimitExceeded { .. } => "the archive exceeds a limit: ",
            Self::SeveralImages { .. }
            | Self::SeveralPlatforms { .. }
            | Self::OtherPlatform { .. }
            | Self::Unsupported { .. } => "the archive is not supported: ",
            _ => "the archive ",
        };
        write!(f, "{subject}{}", Reason(self))
    }
}

impl std::error::Error for Fault {}

fn in_brackets(tags: &[String]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| Printable(tag).to_string()).collect();
    if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) }
}

/// Returns platforms as text. They are escaped, because they can come from untrusted documents.
fn list(platforms: &[Platform]) -> String {
    let names: Vec<String> =
        platforms.iter().map(|platform| Printable(&platform.to_string()).to_string()).collect();
    names.join(", ")
}

impl Fault {
    /// Returns the message without its subject, to be printed after a name: "ends after 512 bytes,
    /// …".
    pub fn reason(&self) -> impl fmt::Display {
        Reason(self)
    }

    /// Returns the kind: damaged, not an image, or not supported.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::NotAnImage { .. } => FaultKind::NotAnImage,
            Self::Unsupported { .. }
            | Self::LimitExceeded { .. }
            | Self::SeveralImages { .. }
            | Self::SeveralPlatforms { .. }
            | Self::OtherPlatform { .. } => FaultKind::Unsupported,
            _ => FaultKind::Damaged,
        }
    }

    /// Converts this fault to one of the kind [`FaultKind::Damaged`], for a file that is known to
    /// have been an image.
    ///
    /// Such a file is damaged, even if what is left no longer looks like an image.
    #[must_use]
    pub fn of_known_image(self) -> Self {
        match self.kind() {
            FaultKind::Damaged => self,
            _ => Self::NoLongerAnImage { reason: self.reason().to_string() },
        }
    }

    /// Returns the reason for content that is not a tar.
    pub(crate) fn no_tar_reason() -> &'static str {
        "its content is not a tar"
    }

    pub(crate) fn not_an_image(reason: impl Into<String>) -> Self {
        Self::NotAnImage { reason: reason.into() }
    }
}
