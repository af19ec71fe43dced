//! Options of an update.

use sealift_archive::Level;
use sealift_catalog::{Keep, PlanOptions};
use sealift_filename::Repository;
use sealift_oci::Platform;

use crate::setters::setters;

/// Options of [`update`](crate::update()) and [`plan_update`](crate::plan_update()).
///
/// ```
/// use sealift_workflow::UpdateOptions;
///
/// let options = UpdateOptions::default().with_compress(true).with_jobs(4);
/// assert!(options.compress);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpdateOptions {
    /// Whether to store the archives as zips. Existing plain archives are converted.
    pub compress: bool,
    /// The compression level.
    pub level: Level,
    /// Whether to remove other archives of the call's images, after everything else is durable.
    pub clean: bool,
    /// With `clean`, the numbers of archives to keep, as for [`plan_clean`](crate::plan_clean()).
    pub keep: Option<Keep>,
    /// The platform to choose from images for several platforms.
    pub platform: Option<Platform>,
    /// The number of images to process at the same time. 0 counts as 1.
    pub jobs: usize,
    /// Whether to refuse another build of a release that is in the folder.
    pub immutable: bool,
}

impl Default for UpdateOptions {
    fn default() -> Self {
        Self {
            compress: false,
            level: Level::Default,
            clean: false,
            keep: None,
            platform: None,
            jobs: 1,
            immutable: false,
        }
    }
}

impl UpdateOptions {
    setters! {
        compress with_compress: bool,
        level with_level: Level,
        clean with_clean: bool,
        keep with_keep: Option<Keep>,
        platform with_platform: Option<Platform>,
        immutable with_immutable: bool,
    }

    /// Sets [`jobs`](Self::jobs).
    #[must_use]
    pub fn with_jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// Returns the options for planning. No archives of the images in `keep_all_of` are removed.
    pub(crate) fn planning(&self, keep_all_of: Vec<Repository>) -> PlanOptions {
        PlanOptions::default()
            .with_compress(self.compress)
            .with_clean(self.clean)
            .with_keep(self.keep)
            .with_keep_all_of(keep_all_of)
    }
}
