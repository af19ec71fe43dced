//! Options of a verification.

use sealift_catalog::Query;

use crate::setters::setters;
use crate::trust::Trust;

/// Options of [`verify`](crate::verify()).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct VerifyFolderOptions {
    /// The selected archives, or all archives in the folder if empty.
    pub queries: Vec<Query>,
    /// Whether to decompress every layer and verify its diff id, even if a manifest has its digest.
    pub deep: bool,
    /// Whether to rebuild all records and remove leftovers of crashed writers. Archives are never
    /// removed.
    pub repair: bool,
    /// The required signature of the folder's checksums, which must list each archive.
    pub trust: Trust,
}

impl VerifyFolderOptions {
    setters! {
        queries with_queries: Vec<Query>,
        deep with_deep: bool,
        repair with_repair: bool,
        trust with_trust: Trust,
    }
}
