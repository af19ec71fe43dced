//! The results of a verification.

use sealift_filename::ImageId;
use sealift_oci::Digest;
use serde::Serialize;

use crate::archive_file::ArchiveFile;

/// The result of verifying one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifiedArchive {
    /// The archive, with the digest of the image in it.
    #[serde(flatten)]
    pub file: ArchiveFile,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The comparison that led to the verdict.
    pub covered: Covered,
    /// The SHA-256 in the record, if the file has changed since and was not written by sealift.
    pub changed_from: Option<Digest>,
}

/// The comparison that led to a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Covered {
    /// The SHA-256 of the file is equal to the one recorded when its content was verified.
    RecordedSum,
    /// The content was read and compared with its digests.
    Content,
}

/// The verdict for an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The archive is intact and contains the image that its name states.
    Whole,
    /// The archive contains no image. This is not damage.
    NoImage {
        /// The actual content.
        reason: String,
    },
    /// Bytes are missing or wrong.
    Damaged {
        /// The reason.
        reason: String,
    },
    /// The archive may be intact, but it is not supported.
    Unsupported {
        /// The reason.
        reason: String,
    },
    /// A config lists the archive, but it does not exist.
    Missing,
    /// The archive cannot be read.
    Unreadable {
        /// The error of the operating system or the server.
        reason: String,
    },
    /// The caller cancelled the operation before the archive was read completely.
    Interrupted,
    /// The image in a zip is intact, but the name of the zip's member does not match. Clusters
    /// cannot load such a zip.
    MisnamedMember {
        /// The name of the member.
        member: String,
        /// The expected name.
        expected: String,
    },
    /// The image is intact, but a signature is required and no signed checksums list the archive.
    Untrusted {
        /// The reason, a clause.
        reason: String,
    },
    /// The image is intact, but it is not the one with the id in the archive's name.
    Misnamed {
        /// The id of the image.
        actual_id: ImageId,
    },
}

impl Verdict {
    /// Returns `true` if the archive must not be used: it is damaged, misnamed or missing.
    pub fn is_bad(&self) -> bool {
        self.is_damaged() || self.is_misnamed() || *self == Self::Missing
    }

    /// Returns `true` if bytes are missing or wrong.
    pub fn is_damaged(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Returns `true` if the archive's name, or that of a zip's member, does not match its content.
    pub fn is_misnamed(&self) -> bool {
        matches!(self, Self::Misnamed { .. } | Self::MisnamedMember { .. })
    }
}
