//! Options of a fetch.

use sealift_filename::Reference;

use crate::setters::setters;
use crate::trust::Trust;

/// Options of [`fetch`](crate::fetch()) and [`plan_fetch`](crate::plan_fetch()).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FetchOptions {
    /// The images to fetch, or all images of the config if empty. A reference with a version must
    /// match the version in the config.
    pub images: Vec<Reference>,
    /// Whether to ignore images with a dirty version.
    pub release: bool,
    /// Whether to accept a config that is older than the remembered one.
    pub allow_older: bool,
    /// The signature that the config must have.
    pub trust: Trust,
}

impl FetchOptions {
    setters! {
        images with_images: Vec<Reference>,
        release with_release: bool,
        allow_older with_allow_older: bool,
        trust with_trust: Trust,
    }
}
