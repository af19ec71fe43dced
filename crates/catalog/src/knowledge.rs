//! Known facts about the content of an archive.

use jiff::Timestamp;
use sealift_archive::{Fault, Proof};
use sealift_oci::{Digest, Identity};
use serde::{Deserialize, Serialize};

/// The known facts about the content of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knowledge {
    /// The archive contains a complete image, and every byte of it was verified.
    Image(Box<KnownImage>),
    /// The file contains no image.
    NoImage {
        /// The reason, to be printed after "contains no image: ".
        reason: String,
    },
    /// The archive is damaged or not supported. [`Fault::kind`] distinguishes the two.
    ///
    /// A store does not record this, because the file can be repaired later. A file that was
    /// recorded as an image and is no longer one is damaged, even if it no longer looks like an
    /// image.
    Damaged {
        /// The fault of the content.
        fault: Fault,
    },
    /// The operating system refuses to read the file. A store does not record this either.
    Unreadable {
        /// The error of the operating system.
        reason: String,
    },
}

impl Knowledge {
    /// Returns the image, if the archive is known to contain one.
    pub fn image(&self) -> Option<&KnownImage> {
        match self {
            Self::Image(image) => Some(image),
            _ => None,
        }
    }
}

/// The image in a verified archive: the part of a [`Proof`] that a store records.
///
/// `KnownImage::from(&proof)` creates it. It can be stored as JSON next to an archive, for example
/// in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KnownImage {
    /// The identity of the image.
    pub identity: Identity,
    /// The SHA-256 of the file.
    pub sha256: Digest,
    /// The size of the plain tar in bytes.
    pub plain_size: u64,
    /// The time at which sealift saved the archive. `None` if another program created the file.
    #[serde(skip)]
    pub saved: Option<Timestamp>,
    /// The SHA-256 that was recorded first, if another program changed the file after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_from: Option<Digest>,
    /// The name of the member in a zip, if it is not the expected one: that of the zip with the
    /// format `docker`. Clusters rely on the expected name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_member: Option<String>,
}

impl KnownImage {
    /// Creates the description of an image in a correctly named archive.
    pub fn new(identity: Identity, sha256: Digest, plain_size: u64) -> Self {
        Self { identity, sha256, plain_size, saved: None, changed_from: None, wrong_member: None }
    }
}

impl From<&Proof> for KnownImage {
    fn from(proof: &Proof) -> Self {
        Self::new(proof.identity().clone(), proof.sha256(), proof.plain_size())
    }
}

/// The reason to suspect an archive that was not read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// The record describes a file with another size or time, so the file was replaced, changed or
    /// copied.
    Changed,
    /// The archive was damaged when it was last read.
    Damaged,
}
