//! Options of loads.

use sealift_filename::Reference;
use sealift_oci::Platform;

use crate::setters::setters;

/// Options of [`load_file`](crate::load_file()).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LoadFileOptions {
    /// The name in the engine, instead of the one in the archive.
    pub name: Option<Reference>,
    /// Of an image for several platforms, load the one for this platform.
    pub platform: Option<Platform>,
    /// Send all layers, also those that the engine has, and an image that it seems to have.
    pub full: bool,
}

impl LoadFileOptions {
    setters! {
        name with_name: Option<Reference>,
        platform with_platform: Option<Platform>,
        full with_full: bool,
    }
}
