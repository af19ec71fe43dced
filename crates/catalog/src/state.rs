//! What is known about an archive, in one word.

use serde::Serialize;

/// What is known about an archive without reading it. It serializes as its name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveState {
    /// It was whole when it was read, and its name is right.
    Whole,
    /// It has not been read yet.
    Unread,
    /// Its file has another size, time or content than when it was first recorded.
    Changed,
    /// Its name does not agree with the image in it. It is never chosen.
    Misnamed,
    /// It holds no image. It is never chosen.
    NoImage,
    /// It is damaged or not supported, or was so when it was last read.
    Damaged,
    /// It cannot be read.
    Unreadable,
}
