//! What prevents an archive from being used.

use std::fmt;

use sealift_archive::{Fault, FaultKind};
use sealift_filename::ArchivePath;
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

/// What prevents an archive from being used.
///
/// Its text is a fragment for after the archive's path. It serializes as `{verdict, reason}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It holds no image.
    NoImage {
        /// What it looks like instead.
        reason: String,
    },
    /// The id in its name belongs to another image, or the file in a zip has another name.
    Misnamed {
        /// What does not agree with its name.
        reason: String,
    },
    /// It is damaged, or not supported ([`Fault::kind`] distinguishes them).
    Damaged {
        /// What is wrong.
        fault: Fault,
    },
    /// It cannot be read.
    Unreadable {
        /// The error of the operating system.
        reason: String,
    },
}

impl Flaw {
    /// Returns the flaw in one word: `no_image`, `misnamed`, `damaged`, `unsupported` or
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

    /// Returns what exactly is wrong.
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
            Self::NoImage { reason } => write!(f, "holds no image: {reason}"),
            Self::Misnamed { reason } => write!(f, "is misnamed: {reason}"),
            Self::Damaged { fault } if fault.kind() == FaultKind::Unsupported => {
                write!(f, "is not supported: {}", fault.reason())
            }
            Self::Damaged { fault } => write!(f, "is damaged: {}", fault.reason()),
            Self::Unreadable { reason } => write!(f, "can't be read: {reason}"),
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

/// An archive that would have been chosen without its flaw.
///
/// It serializes as `{archive, verdict, reason, instead}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PassedOver {
    /// The archive.
    pub archive: ArchivePath,
    /// What is wrong with it.
    #[serde(flatten)]
    pub flaw: Flaw,
    /// The archive of the same image that was chosen; `None` if there is no other.
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
