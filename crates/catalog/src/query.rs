//! Which archive is asked for.

use sealift_filename::{Repository, Version};
use sealift_oci::Platform;

use crate::latest_options::{By, LatestOptions};

/// Which archive is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The image.
    pub repository: Repository,
    /// The version; `None` for the latest one.
    pub version: Option<Version>,
    /// The platform; without it there must be only one.
    pub platform: Option<Platform>,
    /// What makes one archive later than another.
    pub by: By,
    /// Leave out dirty versions.
    pub release: bool,
}

impl Query {
    /// Creates a query for the latest archive of an image, or of one of its versions.
    pub fn new(repository: Repository, version: Option<Version>) -> Self {
        Self { repository, version, platform: None, by: By::default(), release: false }
    }

    /// Sets the platform.
    #[must_use]
    pub fn with_platform(mut self, platform: impl Into<Option<Platform>>) -> Self {
        self.platform = platform.into();
        self
    }

    /// Sets what makes one archive later than another.
    #[must_use]
    pub fn with_by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    /// Sets whether dirty versions are left out.
    #[must_use]
    pub fn with_release(mut self, release: bool) -> Self {
        self.release = release;
        self
    }

    /// Returns the same selection for archives of all images.
    pub(crate) fn options(&self) -> LatestOptions {
        LatestOptions { by: self.by, release: self.release, platform: self.platform.clone() }
    }
}
