//! Options for the choice of the latest archive.

use sealift_oci::Platform;

/// The property by which archives are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum By {
    /// The version.
    #[default]
    Precedence,
    /// The time at which the file was last modified.
    Modified,
}

/// Options of [`latest`](crate::latest()): the archives to consider, and their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LatestOptions {
    /// The property by which archives are ordered.
    pub by: By,
    /// Whether dirty versions are ignored.
    pub release: bool,
    /// The platform to consider. `None` considers all platforms.
    pub platform: Option<Platform>,
}

impl LatestOptions {
    /// Sets the property by which archives are ordered.
    #[must_use]
    pub fn with_by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    /// Sets whether dirty versions are ignored.
    #[must_use]
    pub fn with_release(mut self, release: bool) -> Self {
        self.release = release;
        self
    }

    /// Sets the platform to consider.
    #[must_use]
    pub fn with_platform(mut self, platform: impl Into<Option<Platform>>) -> Self {
        self.platform = platform.into();
        self
    }
}
