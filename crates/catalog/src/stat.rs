//! What is known about an archive's file without opening it.

use jiff::Timestamp;
use serde::Serialize;

/// The size and the time of an archive's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stat {
    /// The size in bytes.
    pub size: u64,
    /// When the file was last modified, as precisely as its storage records it.
    pub modified: Timestamp,
}
