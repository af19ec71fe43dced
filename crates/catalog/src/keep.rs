//! The number of archives that a clean-up keeps.

/// The numbers of versions and builds to keep, for each image and platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The number of released versions. All archives of a version count as one, with all their ids
    /// and formats. The newest release is kept even if this is 0.
    pub releases: usize,
    /// The number of dirty builds. Each id of a dirty version counts as one, with all its formats.
    pub dirty: usize,
}

impl Keep {
    /// Keeps this number of released versions, and also this number of dirty builds.
    pub fn newest(number: usize) -> Self {
        Self { releases: number, dirty: number }
    }
}
