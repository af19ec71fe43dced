//! Why an archive is refused.

use std::fmt;
use std::io;

use sealift_filename::Printable;

use sealift_oci::{Digest, Platform};

use crate::input::Input;

/// Why an archive cannot be read: what was read, and what is wrong with it.
///
/// Readers return it inside of an [`io::Error`], from which `error.downcast::<Error>()` takes it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The archive cannot be read or written.
    #[error("cannot {operation} {input}")]
    Io {
        /// What was tried: `open`, `read`, `write`.
        operation: &'static str,
        /// The archive.
        input: Input,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The archive can be read, but its content is not a whole image.
    #[error("{input} {}", source.kind().phrase())]
    Fault {
        /// The archive.
        input: Input,
        /// What is wrong with its content.
        source: Fault,
    },
    /// The caller asked to stop.
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

    /// Returns the error inside of one that a reader returned.
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

    /// Returns what was read.
    pub fn input(&self) -> &Input {
        match self {
            Self::Io { input, .. } | Self::Fault { input, .. } | Self::Cancelled { input } => input,
        }
    }

    /// Returns the fault of the content, if that is what is wrong.
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
    /// It holds no image.
    NotAnImage,
    /// It may well be whole, but its form is not supported.
    Unsupported,
    /// The caller asked to stop.
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

/// How the content of an archive can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// It was an image once, or should have become one: bytes are missing or wrong.
    Damaged,
    /// It is no image, and nothing says that it ever was one.
    NotAnImage,
    /// It may well be whole, but it is of a form that is not taken.
    Unsupported,
}

impl FaultKind {
    /// Returns the text that follows the file's name.
    fn phrase(self) -> &'static str {
        match self {
            Self::Damaged => "is damaged",
            Self::NotAnImage => "holds no image",
            Self::Unsupported => "is not a supported archive",
        }
    }
}

/// What is wrong with the content of an archive, with the place.
///
/// It is displayed as a sentence about "the archive". [`reason`](Self::reason) is the same without
/// that, for after the name of a file or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The engine appended an error to the archive; docker's own client takes no notice of it.
    Engine {
        /// How many bytes of the archive came before the report.
        at: u64,
        /// The engine's own words.
        message: String,
    },
    /// The bytes end before the archive does.
    Truncated {
        /// How many bytes there were.
        at: u64,
        /// Where in the archive that is.
        place: String,
    },
    /// Something that is no padding follows the end of the archive.
    TrailingData {
        /// Where the other data starts.
        at: u64,
    },
    /// The padding after an entry, which writers fill with zeros, holds something else.
    Padding {
        /// Where the other data starts.
        at: u64,
    },
    /// A tar header that can't be one.
    BadHeader {
        /// Where the header starts.
        at: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Two entries of one name with different contents.
    ConflictingEntries {
        /// The name of the entries.
        entry: String,
    },
    /// Something that is named is not in the archive.
    Missing {
        /// What is not there: `layer …`, `config …`.
        what: String,
        /// Where it is named.
        named_by: String,
    },
    /// A part that the writer of such an archive always writes is not there.
    Incomplete {
        /// What is not there.
        missing: &'static str,
        /// What shows that it was there.
        evidence: String,
    },
    /// There is nothing in it.
    OnlyZeros,
    /// Content that doesn't have the digest under which it is named.
    WrongDigest {
        /// What was hashed.
        what: String,
        /// The digest under which it is named.
        expected: Digest,
        /// The digest that it has.
        found: Digest,
    },
    /// The checksum that sealift wrote into the archive is another one.
    Checksum,
    /// Metadata that contradicts itself or can't be read.
    BadMetadata {
        /// The entry that was read.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The compressed container around the archive can't be read.
    BadContainer {
        /// What it is: `zip`, `gzip stream`.
        container: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// More than an archive of an image ever needs.
    LimitExceeded {
        /// What there is too much of.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The file was recorded as an image and no longer reads as one.
    NoLongerAnImage {
        /// What the file looks like now.
        reason: String,
    },
    /// It holds no image.
    NotAnImage {
        /// What it looks like instead.
        reason: String,
    },
    /// It holds several images.
    SeveralImages {
        /// How many.
        count: usize,
        /// The names inside.
        tags: Vec<String>,
    },
    /// It holds an image for several platforms, and none was chosen.
    SeveralPlatforms {
        /// The platforms.
        platforms: Vec<Platform>,
    },
    /// It holds no image for the platform that was chosen.
    OtherPlatform {
        /// The platform that was chosen.
        wanted: Box<Platform>,
        /// The platforms that are there.
        found: Vec<Platform>,
    },
    /// It is of a form that is not taken.
    Unsupported {
        /// What it is, and what to do instead.
        reason: String,
    },
}

/// The message of a fault without its subject.
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
                write!(f, "holds `{}` twice, with different contents", Printable(entry))
            }
            Fault::Missing { what, named_by } => write!(f, "lacks {what}, which {named_by} names"),
            Fault::Incomplete { missing, evidence } => {
                write!(f, "lacks {missing}, although it contains {evidence}")
            }
            Fault::OnlyZeros => write!(f, "contains nothing but zero bytes"),
            Fault::WrongDigest { what, expected, found } => {
                write!(f, "{what} should be {expected}, but is {found}")
            }
            Fault::Checksum => {
                write!(f, "has another checksum than the one that was written into it")
            }
            Fault::BadMetadata { entry, reason } => write!(f, "`{entry}` {reason}"),
            Fault::BadContainer { container, reason } => {
                write!(f, "is not a readable {container}: {reason}")
            }
            Fault::LimitExceeded { what, limit } => {
                write!(f, "{what}: more than {limit}, which is the limit")
            }
            Fault::NoLongerAnImage { reason } => {
                write!(f, "no longer reads as the image that was recorded: {reason}")
            }
            Fault::NotAnImage { reason } => write!(f, "{reason}"),
            Fault::SeveralImages { count, tags } => {
                write!(f, "it holds {count} images{}; an archive holds one", in_brackets(tags))
            }
            Fault::SeveralPlatforms { platforms } => {
                write!(f, "it holds an image for several platforms: {}", list(platforms))
            }
            Fault::OtherPlatform { wanted, found } => {
                write!(f, "it holds an image for {}, not for {wanted}", list(found))
            }
            Fault::Unsupported { reason } => write!(f, "{reason}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = match self {
            // They have a subject of their own.
            Self::Engine { .. } | Self::WrongDigest { .. } | Self::BadMetadata { .. } => "",
            Self::NotAnImage { .. } => "the archive holds no image: ",
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

/// Returns platforms as text, those of strangers made fit to be printed.
fn list(platforms: &[Platform]) -> String {
    let names: Vec<String> =
        platforms.iter().map(|platform| Printable(&platform.to_string()).to_string()).collect();
    names.join(", ")
}

impl Fault {
    /// Returns the message without its subject, a fragment for after a name: "ends after 512 bytes,
    /// …".
    pub fn reason(&self) -> impl fmt::Display {
        Reason(self)
    }

    /// Returns the kind, which distinguishes damage from no image and from what is not supported.
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

    /// Returns this fault as the fault of a file that is known to have been an image.
    ///
    /// Such a file is damaged, however little is left of it.
    #[must_use]
    pub fn of_known_image(self) -> Self {
        match self.kind() {
            FaultKind::Damaged => self,
            _ => Self::NoLongerAnImage { reason: self.reason().to_string() },
        }
    }

    /// What is said of content that isn't even a tar.
    pub(crate) fn no_tar_reason() -> &'static str {
        "its content is no tar"
    }

    pub(crate) fn not_an_image(reason: impl Into<String>) -> Self {
        Self::NotAnImage { reason: reason.into() }
    }
}
