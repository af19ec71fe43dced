//! What is known about the content of an archive.

use jiff::Timestamp;
use sealift_archive::{Fault, Proof};
use sealift_oci::{Digest, Identity};
use serde::{Deserialize, Serialize};

/// What is known about the content of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knowledge {
    /// The archive holds a whole image; every byte of it was verified.
    Image(Box<KnownImage>),
    /// The file holds no image.
    NoImage {
        /// What it looks like instead, a fragment for after "holds no image: ".
        reason: String,
    },
    /// The archive is damaged or not supported ([`Fault::kind`] distinguishes them).
    ///
    /// A store never records this, because the file may be repaired later. A file that was recorded
    /// as an image and no longer reads as one is damaged, whatever it looks like now.
    Damaged {
        /// What is wrong.
        fault: Fault,
    },
    /// The operating system refuses to read the file. A store never records this either.
    Unreadable {
        /// The error of the operating system.
        reason: String,
    },
}

impl Knowledge {
    /// Returns the image if the archive is known to hold one.
    pub fn image(&self) -> Option<&KnownImage> {
        match self {
            Self::Image(image) => Some(image),
            _ => None,
        }
    }
}

/// A whole image in an archive: what a store keeps of the [`Proof`].
///
/// `KnownImage::from(&proof)` creates it. It can be stored as JSON next to an archive, for example
/// in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KnownImage {
    /// Which image it is.
    pub identity: Identity,
    /// The SHA-256 of the file.
    pub sha256: Digest,
    /// The size of the plain tar in bytes.
    pub plain_size: u64,
    /// When sealift saved the archive; `None` if the file came another way.
    #[serde(skip)]
    pub saved: Option<Timestamp>,
    /// The SHA-256 that was recorded first, if the file has changed since and sealift did not write
    /// the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_from: Option<Digest>,
    /// The name of the file in a zip, if it differs from the one that the archive's name requires:
    /// the name of the zip, but ending in `.docker`. Clusters look for that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_member: Option<String>,
}

impl KnownImage {
    /// Creates the description of an image in an archive that is named correctly.
    pub fn new(identity: Identity, sha256: Digest, plain_size: u64) -> Self {
        Self { identity, sha256, plain_size, saved: None, changed_from: None, wrong_member: None }
    }
}

impl From<&Proof> for KnownImage {
    fn from(proof: &Proof) -> Self {
        Self::new(proof.identity().clone(), proof.sha256(), proof.plain_size())
    }
}

/// A reason to suspect an archive that has not been read since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// A record describes a file of another size or time: the file was replaced, changed or copied.
    Changed,
    /// The archive was found damaged when it was last read.
    Damaged,
}
