//! Properties of an archive's file that are known without opening it.

use jiff::Timestamp;
use serde::Serialize;

/// The size and the time of an archive's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stat {
    /// The size in bytes.
    pub size: u64,
    /// The time at which the file was last modified, with the precision of its storage.
    pub modified: Timestamp,
}
