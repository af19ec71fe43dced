//! What is remembered of an archive's entries.

use crate::codec::Codec;
use std::collections::BTreeMap;

use sealift_oci::Digest;

/// The content of a file in the archive, after it has passed.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) size: u64,
    /// Where it stands in the archive, if it is contiguous.
    pub(crate) offset: Option<u64>,
    pub(crate) digest: Digest,
    pub(crate) codec: Option<Codec>,
    /// The digest of the decompressed content, where it was decompressed, or what the decoder said.
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

/// Whether the content was kept because it may be metadata.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Kept(Vec<u8>),
    /// It begins like JSON, but is larger than what is kept.
    TooLarge,
    No,
}

#[derive(Debug, Clone)]
pub(crate) enum Entry {
    File(Content),
    Symlink(String),
    Hardlink(String),
}

/// All entries of an archive that carry or point to content, by name.
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
