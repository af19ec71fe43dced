//! Queries for an archive.

use sealift_filename::{Repository, Version};

use crate::latest_options::LatestOptions;

/// A query for an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The image.
    pub repository: Repository,
    /// The version. `None` means the latest one.
    pub version: Option<Version>,
    /// The archives to consider, and their order. If it has no platform, the archives of the
    /// version must all be for the same one.
    pub latest: LatestOptions,
}

impl Query {
    /// Creates a query for the latest archive of an image, or of one of its versions.
    pub fn new(repository: Repository, version: Option<Version>) -> Self {
        Self { repository, version, latest: LatestOptions::default() }
    }

    /// Sets the archives to consider, and their order.
    #[must_use]
    pub fn with_latest(mut self, latest: LatestOptions) -> Self {
        self.latest = latest;
        self
    }
}
