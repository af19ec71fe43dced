//! The request of a load.

use std::path::PathBuf;

use sealift_filename::Reference;
use sealift_oci::Platform;
use sealift_store::Store;

use crate::select::selection::Selection;
use crate::setters::setters;
use crate::trust::Trust;

/// The archives that [`load`](crate::load()) loads, and options.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadRequest {
    /// Archives outside of the folder, in any form that [`add`](crate::add()) supports. They can be
    /// pipes. They are loaded first.
    pub files: Vec<PathBuf>,
    /// The name of these archives in the engine, instead of the name inside.
    pub name: Option<Reference>,
    /// The platform to choose from these archives if they are for several platforms.
    pub platform: Option<Platform>,
    /// The folder and the archives in it to load.
    pub folder: Option<(Store, Selection)>,
    /// Whether to send all layers, even if an engine already has the image or some layers.
    pub full: bool,
    /// The number of engines that are loaded at the same time, by default
    /// [`DEFAULT_JOBS`](Self::DEFAULT_JOBS). Each one occupies a blocking thread of the runtime
    /// while it reads, so the runtime needs more blocking threads than this.
    pub jobs: usize,
    /// The required signature of the folder's checksums, which must list each archive. If a
    /// signature is required, files outside of the folder are refused.
    pub trust: Trust,
}

impl LoadRequest {
    /// The default number of engines that are loaded at the same time.
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
