//! Flaws that prevent an archive from being used.

use std::fmt;

use sealift_archive::{Fault, FaultKind};
use sealift_filename::ArchivePath;
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

/// A flaw that prevents an archive from being used.
///
/// It prints as a predicate, to be printed after the archive's path. It serializes as
/// `{verdict, reason}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The file contains no image.
    NoImage {
        /// The reason, such as what the file appears to be.
        reason: String,
    },
    /// The id in the name does not belong to the image, or the member of a zip has a wrong name.
    Misnamed {
        /// The difference from the name.
        reason: String,
    },
    /// The archive is damaged or not supported. [`Fault::kind`] distinguishes the two.
    Damaged {
        /// The fault of the content.
        fault: Fault,
    },
    /// The file cannot be read.
    Unreadable {
        /// The error of the operating system.
        reason: String,
    },
}

impl Flaw {
    /// Returns the kind of flaw in one word: `no_image`, `misnamed`, `damaged`, `unsupported` or
    /// `unreadable`.
    pub fn verdict(&self) -> &'static str {
        match self {
            Self::NoImage { .. } => "no_image",
            Self::Misnamed { .. } => "misnamed",
            Self::Damaged { fault } if fault.kind() == FaultKind::Damaged => "damaged",
            Self::Damaged { .. } => "unsupported",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// Returns the reason.
    pub fn reason(&self) -> String {
        match self {
            Self::NoImage { reason } | Self::Misnamed { reason } | Self::Unreadable { reason } => {
                reason.clone()
            }
            Self::Damaged { fault } => fault.reason().to_string(),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoImage { reason } => write!(f, "contains no image: {reason}"),
            Self::Misnamed { reason } => write!(f, "is misnamed: {reason}"),
            Self::Damaged { fault } if fault.kind() == FaultKind::Unsupported => {
                write!(f, "is not supported: {}", fault.reason())
            }
            Self::Damaged { fault } => write!(f, "is damaged: {}", fault.reason()),
            Self::Unreadable { reason } => write!(f, "cannot be read: {reason}"),
        }
    }
}

impl Serialize for Flaw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut flaw = serializer.serialize_struct("Flaw", 2)?;
        flaw.serialize_field("verdict", self.verdict())?;
        flaw.serialize_field("reason", &self.reason())?;
        flaw.end()
    }
}

/// An archive that was not chosen because of a flaw.
///
/// It serializes as `{archive, verdict, reason, instead}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PassedOver {
    /// The archive.
    pub archive: ArchivePath,
    /// The flaw.
    #[serde(flatten)]
    pub flaw: Flaw,
    /// The archive of the same image that was chosen instead. `None` if there is no other.
    pub instead: Option<ArchivePath>,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.archive, self.flaw)?;
        match &self.instead {
            Some(instead) => write!(f, "; using {instead}"),
            None => Ok(()),
        }
    }
}
