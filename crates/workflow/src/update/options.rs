//! How to update.

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
    /// Keep the archives as zips, whether or not they were saved now.
    pub compress: bool,
    /// How hard to compress.
    pub level: Level,
    /// Remove other archives of the call's images, once everything else is durable.
    pub clean: bool,
    /// With `clean`: keep this many of them, as [`plan_clean`](crate::plan_clean()) does.
    pub keep: Option<Keep>,
    /// Take the images for this platform.
    pub platform: Option<Platform>,
    /// How many images to work on at a time; 0 counts as 1.
    pub jobs: usize,
    /// Refuse another build of a release that is in the folder.
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

    /// Returns what the planning of an update needs; nothing of the images in `keep_all_of` is
    /// cleaned.
    pub(crate) fn planning(&self, keep_all_of: Vec<Repository>) -> PlanOptions {
        PlanOptions::default()
            .with_compress(self.compress)
            .with_clean(self.clean)
            .with_keep(self.keep)
            .with_keep_all_of(keep_all_of)
    }
}
