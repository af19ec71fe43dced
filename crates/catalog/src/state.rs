//! The state of an archive in one word.

use serde::Serialize;

/// The state of an archive, as far as it is known without reading the archive. It serializes as its
/// name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveState {
    /// The archive was verified and is correctly named.
    Whole,
    /// The archive was not read yet.
    Unread,
    /// The file has another size, time or content than when it was first recorded.
    Changed,
    /// The name does not agree with the content. Such an archive is never chosen.
    Misnamed,
    /// The file contains no image. It is never chosen.
    NoImage,
    /// The archive is damaged or not supported, or was so when it was last read.
    Damaged,
    /// The file cannot be read.
    Unreadable,
}
