//! Sizes and modification times of files.

use std::fs;

use jiff::Timestamp;
use sealift_catalog::Stat;

/// Returns the size and the modification time of a file.
pub(crate) fn stat_of(metadata: &fs::Metadata) -> Stat {
    Stat { size: metadata.len(), modified: modified(metadata) }
}

/// Returns the modification time of a file. A time out of range counts as the earliest one.
pub(crate) fn modified(metadata: &fs::Metadata) -> Timestamp {
    metadata
        .modified()
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
        .unwrap_or(Timestamp::MIN)
}
