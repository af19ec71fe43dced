//! What to verify.

use sealift_catalog::Query;

use crate::setters::setters;
use crate::trust::Trust;

/// Options of [`verify`](crate::verify()): what to verify, and how thoroughly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct VerifyFolderOptions {
    /// The archives; without any, all of the folder.
    pub queries: Vec<Query>,
    /// Decompress every layer and check its diff id, also where a manifest names its digest.
    pub deep: bool,
    /// Make all records anew, and sweep what crashed writers left behind. Never deletes an archive.
    pub repair: bool,
    /// Whose signature the checksums of the folder must have, which must list each archive.
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
