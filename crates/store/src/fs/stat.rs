//! The size and the time of files.

use std::fs;

use jiff::Timestamp;
use sealift_catalog::Stat;

/// Returns the size and the time of a file.
pub(crate) fn stat_of(metadata: &fs::Metadata) -> Stat {
    Stat { size: metadata.len(), modified: modified(metadata) }
}

/// Returns when a file was last modified. A time out of range counts as the earliest one.
pub(crate) fn modified(metadata: &fs::Metadata) -> Timestamp {
    metadata
        .modified()
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
        .unwrap_or(Timestamp::MIN)
}
