//! What was found out about archives.

use sealift_filename::ImageId;
use sealift_oci::Digest;
use serde::Serialize;

use crate::archive_file::ArchiveFile;

/// What was found out about one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifiedArchive {
    /// The archive; its digest is that of the whole image inside.
    #[serde(flatten)]
    pub file: ArchiveFile,
    /// What it is.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was compared to find that out.
    pub covered: Covered,
    /// The SHA-256 that was recorded before, if the file has changed since without sealift having
    /// written it.
    pub changed_from: Option<Digest>,
}

/// What an archive was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Covered {
    /// The file has the SHA-256 that was recorded when its content was verified: no bit of it has
    /// changed since.
    RecordedSum,
    /// Everything inside was read, and compared with the digests that name it.
    Content,
}

/// What an archive turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// A whole image, and the one that its name states.
    Whole,
    /// No image, which is no damage.
    NoImage {
        /// What it looks like instead, a fragment.
        reason: String,
    },
    /// Bytes are missing or wrong.
    Damaged {
        /// What is wrong, a fragment.
        reason: String,
    },
    /// It may be whole, but it is not a supported archive.
    Unsupported {
        /// What it is, a fragment.
        reason: String,
    },
    /// A config names it, but it is not there.
    Missing,
    /// The operating system or the server refuses to read it.
    Unreadable {
        /// The error of the operating system or the server.
        reason: String,
    },
    /// The caller asked to stop before it was read to its end.
    Interrupted,
    /// A zip with a whole image, whose member is not named like the zip: clusters do not find it.
    MisnamedMember {
        /// The name of the member.
        member: String,
        /// The name that it should have.
        expected: String,
    },
    /// A whole image, but no signed checksums list it, although a signature is required.
    Untrusted {
        /// Why, a sentence without its end.
        reason: String,
    },
    /// A whole image, but not the one of the id in its name.
    Misnamed {
        /// The id that it should have.
        actual_id: ImageId,
    },
}

impl Verdict {
    /// Returns `true` if the archive cannot be relied on: it is damaged, misnamed or missing.
    pub fn is_bad(&self) -> bool {
        self.is_damaged() || self.is_misnamed() || *self == Self::Missing
    }

    /// Returns `true` if bytes are missing or wrong.
    pub fn is_damaged(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Returns `true` if the archive's name does not fit what is inside.
    pub fn is_misnamed(&self) -> bool {
        matches!(self, Self::Misnamed { .. } | Self::MisnamedMember { .. })
    }
}
