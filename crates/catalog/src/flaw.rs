//! What keeps an archive from being used.

use std::fmt;

use sealift_archive::{Fault, FaultKind};
use sealift_filename::ArchivePath;

/// What keeps an archive from being used.
///
/// As text, a fragment for after the archive's path.
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
    /// It is damaged, or not supported ([`Fault::kind`] tells which).
    Damaged {
        /// What is wrong.
        fault: Fault,
    },
    /// It can't be read.
    Unreadable {
        /// The operating system's word.
        reason: String,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoImage { reason } => write!(f, "holds no image: {reason}"),
            Self::Misnamed { reason } => write!(f, "is misnamed: {reason}"),
            Self::Damaged { fault } if fault.kind() == FaultKind::Unsupported => {
                write!(f, "is not supported: {fault}")
            }
            Self::Damaged { fault } => write!(f, "is damaged: {fault}"),
            Self::Unreadable { reason } => write!(f, "can't be read: {reason}"),
        }
    }
}

/// An archive that would have been chosen without its flaw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The archive.
    pub archive: ArchivePath,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// The archive of the same image that was chosen; none if there is no other.
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
