//! What a load is asked for.

use std::path::PathBuf;

use sealift_filename::Reference;
use sealift_oci::Platform;
use sealift_store::Store;

use crate::select::selection::Selection;
use crate::setters::setters;
use crate::trust::Trust;

/// What [`load`](crate::load()) loads, and into how many engines at the same time.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadRequest {
    /// Archives that are in no folder, in any form that [`add`](crate::add()) reads; they may be
    /// pipes. They are loaded first.
    pub files: Vec<PathBuf>,
    /// The name of these archives in the engine, instead of the one inside.
    pub name: Option<Reference>,
    /// Of these archives, if they are for several platforms, load the image for this platform.
    pub platform: Option<Platform>,
    /// A folder, and which of its archives are loaded.
    pub folder: Option<(Store, Selection)>,
    /// Send all layers, also those that an engine has, and images that it seems to have.
    pub full: bool,
    /// The number of engines that are loaded into at the same time, by default
    /// [`DEFAULT_JOBS`](Self::DEFAULT_JOBS). Each needs one of the runtime's blocking threads while
    /// it reads, of which there should be more.
    pub jobs: usize,
    /// Whose signature the checksums of the folder must have, which must list each archive. Files
    /// outside of a folder are refused then.
    pub trust: Trust,
}

impl LoadRequest {
    /// The number of engines that are loaded into at the same time unless it is set.
    pub const DEFAULT_JOBS: usize = 8;

    setters! {
        files with_files: Vec<PathBuf>,
        name with_name: Option<Reference>,
        platform with_platform: Option<Platform>,
        folder with_folder: Option<(Store, Selection)>,
        full with_full: bool,
        jobs with_jobs: usize,
        trust with_trust: Trust,
    }
}

impl Default for LoadRequest {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            name: None,
            platform: None,
            folder: None,
            full: false,
            jobs: Self::DEFAULT_JOBS,
            trust: Trust::None,
        }
    }
}
