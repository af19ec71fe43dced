//! What is fetched.

use sealift_filename::Reference;

use crate::setters::setters;
use crate::trust::Trust;

/// Options of [`fetch`](crate::fetch()) and [`plan_fetch`](crate::plan_fetch()).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FetchOptions {
    /// Only these images, and of those with a version, this version; all images of the config if
    /// it is empty.
    pub images: Vec<Reference>,
    /// Leave out images whose version is a dirty one.
    pub release: bool,
    /// Accept a config that is older than the last one that was seen.
    pub allow_older: bool,
    /// Whose signature the config must have.
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
