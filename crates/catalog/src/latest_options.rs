//! Which archives count as the latest.

use sealift_oci::Platform;

/// What makes one archive later than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum By {
    /// Its version.
    #[default]
    Precedence,
    /// The time when its file was last modified.
    Modified,
}

/// Which archives count, and how they are ordered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LatestOptions {
    /// What makes one archive later than another.
    pub by: By,
    /// Leave out dirty versions.
    pub release: bool,
    /// Leave out all other platforms.
    pub platform: Option<Platform>,
}

impl LatestOptions {
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

    /// Sets the only platform that counts.
    #[must_use]
    pub fn with_platform(mut self, platform: impl Into<Option<Platform>>) -> Self {
        self.platform = platform.into();
        self
    }
}
