//! What is published, and how.

use std::num::NonZeroUsize;

use sealift_catalog::{Keep, LatestOptions};
use sealift_filename::Reference;

use crate::config::base_url::BaseUrl;
use crate::setters::setters;

/// Options of [`publish`](crate::publish()).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishOptions {
    /// Only these images, and of those with a version, this version; all images if it is empty.
    pub images: Vec<Reference>,
    /// Which archives count, and which of them is the latest.
    pub latest: LatestOptions,
    /// The URL under which readers find the destination. Without one, it is the destination itself
    /// if that is a web server; otherwise URLs are relative.
    pub base_url: Option<BaseUrl>,
    /// Replace archives that have the same name and other content.
    pub replace: bool,
    /// Then remove archives of these images that the config does not name and that exceed these
    /// numbers.
    pub delete: Option<Keep>,
    /// How many archives are uploaded at the same time.
    pub jobs: NonZeroUsize,
}

impl PublishOptions {
    /// How many archives are uploaded at the same time unless it is set.
    pub const DEFAULT_JOBS: NonZeroUsize = NonZeroUsize::new(4).unwrap();

    setters! {
        images with_images: Vec<Reference>,
        latest with_latest: LatestOptions,
        base_url with_base_url: Option<BaseUrl>,
        replace with_replace: bool,
        delete with_delete: Option<Keep>,
        jobs with_jobs: NonZeroUsize,
    }
}

impl Default for PublishOptions {
    fn default() -> Self {
        Self {
            images: Vec::new(),
            latest: LatestOptions::default(),
            base_url: None,
            replace: false,
            delete: None,
            jobs: Self::DEFAULT_JOBS,
        }
    }
}
