//! What to load.

use sealift_catalog::{LatestOptions, Query};
use sealift_filename::Reference;
use sealift_oci::Platform;

/// Which archives of a folder to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The archives that answer these queries.
    Queries(Vec<Query>),
    /// The latest archive of every image.
    Latest(LatestOptions),
    /// The newest build of every tag, for one platform if one is given.
    All(Option<Platform>),
}

/// Options of [`load_file`](crate::load_file()).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LoadFileOptions {
    /// The name in the engine, instead of the one in the archive.
    pub name: Option<Reference>,
    /// Of an image for several platforms, load the one for this platform.
    pub platform: Option<Platform>,
}

impl LoadFileOptions {
    /// Sets [`name`](Self::name).
    #[must_use]
    pub fn with_name(self, name: impl Into<Option<Reference>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Sets [`platform`](Self::platform).
    #[must_use]
    pub fn with_platform(self, platform: impl Into<Option<Platform>>) -> Self {
        Self { platform: platform.into(), ..self }
    }
}
