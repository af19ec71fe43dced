//! Options for the config of a folder.

use sealift_catalog::LatestOptions;
use sealift_filename::Reference;

use crate::config::base_url::BaseUrl;
use crate::setters::setters;

/// Options of [`config`](crate::config()) and [`sums`](crate::sums()): the selected archives and
/// their URLs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ConfigOptions {
    /// The URL of the folder. If it is missing, the URLs of archives are relative.
    pub base_url: Option<BaseUrl>,
    /// The selected images, or all images if empty. A reference with a version selects this
    /// version.
    pub images: Vec<Reference>,
    /// The rules for the latest archive of an image.
    pub latest: LatestOptions,
    /// Whether to accept an empty result.
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
