//! How many archives stay.

/// How many versions and builds of each image and platform are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How many released versions. All archives of a version count as one, whatever their ids and
    /// formats. The newest release is kept even if this is 0.
    pub releases: usize,
    /// How many dirty builds. Each id of a dirty version counts as one, whatever its formats.
    pub dirty: usize,
}

impl Keep {
    /// Keeps as many released versions as dirty builds.
    pub fn newest(number: usize) -> Self {
        Self { releases: number, dirty: number }
    }
}
