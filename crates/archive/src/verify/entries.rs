//! The collected entries of an archive.

use crate::codec::Codec;
use std::collections::BTreeMap;

use sealift_oci::Digest;

/// The facts about a file's content that were collected while it was read.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) size: u64,
    /// Offset in the archive. `None` if the file is sparse, so that its bytes are not contiguous.
    pub(crate) offset: Option<u64>,
    pub(crate) digest: Digest,
    pub(crate) codec: Option<Codec>,
    /// The digest of the decompressed content or the error of the decoder. `None` if the content
    /// was not decompressed.
    pub(crate) unpacked: Option<Result<Digest, String>>,
    pub(crate) json: Json,
}

impl Content {
    /// Returns the content of a document.
    pub(crate) fn of_json(json: Vec<u8>) -> Self {
        Self {
            size: json.len() as u64,
            offset: None,
            digest: Digest::of(&json),
            codec: None,
            unpacked: None,
            json: Json::Kept(json),
        }
    }
}

/// The bytes of a file that can be metadata.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Kept(Vec<u8>),
    /// The file starts like JSON, but exceeds the limits, so its bytes were not kept.
    TooLarge,
    /// The file does not start like JSON.
    No,
}

/// A file or a link in an archive.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    File(Content),
    Symlink(String),
    Hardlink(String),
}

/// All files and links of an archive, by name.
pub(crate) type Entries = BTreeMap<String, Entry>;

impl Entry {
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::File(_) => None,
            Self::Symlink(target) | Self::Hardlink(target) => Some(target),
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(a), Self::File(b)) => a.digest == b.digest,
            (Self::Symlink(a), Self::Symlink(b)) | (Self::Hardlink(a), Self::Hardlink(b)) => a == b,
            _ => false,
        }
    }
}
