//! What to load.

use sealift_catalog::{LatestOptions, Query};
use sealift_filename::Reference;
use sealift_oci::Platform;

use crate::setters::setters;

/// Which archives of a folder to load.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    setters! {
        name with_name: Option<Reference>,
        platform with_platform: Option<Platform>,
    }
}
