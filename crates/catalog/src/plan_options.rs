//! Options of the plan of an update.

use sealift_filename::{ArchiveFormat, Repository};

use crate::keep::Keep;

/// Options of [`plan`](crate::plan()) and [`removals`](crate::removals()).
///
/// ```
/// use sealift_catalog::{Keep, PlanOptions};
///
/// let options = PlanOptions::default().with_compress(true).with_clean(true);
/// let options = options.with_keep(Some(Keep::newest(3)));
/// assert!(options.compress);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Whether every archive of the call becomes a zip.
    pub compress: bool,
    /// Whether archives of the call's images with other versions or ids are removed.
    pub clean: bool,
    /// With `clean`, the numbers of versions and builds to keep, counted as by
    /// [`retain`](crate::retain()).
    pub keep: Option<Keep>,
    /// Images of which nothing is cleaned, because saving one of them has already failed.
    pub keep_all_of: Vec<Repository>,
}

impl PlanOptions {
    /// Sets whether every archive of the call becomes a zip.
    #[must_use]
    pub fn with_compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// Sets whether archives of the call's images with other versions or ids are removed.
    #[must_use]
    pub fn with_clean(mut self, clean: bool) -> Self {
        self.clean = clean;
        self
    }

    /// Sets the numbers of versions and builds that a clean-up keeps.
    #[must_use]
    pub fn with_keep(mut self, keep: impl Into<Option<Keep>>) -> Self {
        self.keep = keep.into();
        self
    }

    /// Sets the images of which nothing is cleaned.
    #[must_use]
    pub fn with_keep_all_of(mut self, images: Vec<Repository>) -> Self {
        self.keep_all_of = images;
        self
    }

    /// Returns the format in which an update saves.
    pub(crate) fn format(&self) -> ArchiveFormat {
        if self.compress { ArchiveFormat::Zip } else { ArchiveFormat::Docker }
    }
}
