//! Which archive is asked for.

use sealift_filename::{Repository, Version};

use crate::latest_options::LatestOptions;

/// Which archive is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The image.
    pub repository: Repository,
    /// The version; `None` for the latest one.
    pub version: Option<Version>,
    /// Which archives count, and which of them is the latest. Without a platform there must be
    /// only one.
    pub latest: LatestOptions,
}

impl Query {
    /// Creates a query for the latest archive of an image, or of one of its versions.
    pub fn new(repository: Repository, version: Option<Version>) -> Self {
        Self { repository, version, latest: LatestOptions::default() }
    }

    /// Sets which archives count, and which of them is the latest.
    #[must_use]
    pub fn with_latest(mut self, latest: LatestOptions) -> Self {
        self.latest = latest;
        self
    }
}
