//! What to publish.

use sealift_catalog::LatestOptions;
use sealift_filename::Reference;

use crate::config::base_url::BaseUrl;
use crate::setters::setters;

/// Options of [`config`](crate::config()) and [`sums`](crate::sums()): the archives to publish, and
/// where they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ConfigOptions {
    /// The URL of the folder; without one, URLs are relative.
    pub base_url: Option<BaseUrl>,
    /// Only these images, and of those with a version, this version; all images if it is empty.
    pub images: Vec<Reference>,
    /// Which archives count, and which of them is the latest.
    pub latest: LatestOptions,
    /// Accept an empty result.
    pub allow_empty: bool,
}

impl ConfigOptions {
    setters! {
        base_url with_base_url: Option<BaseUrl>,
        images with_images: Vec<Reference>,
        latest with_latest: LatestOptions,
        allow_empty with_allow_empty: bool,
    }
}
