//! What is published, and how.

use std::num::NonZeroUsize;

use sealift_catalog::{Keep, LatestOptions};
use sealift_filename::Reference;
use sealift_signature::SigningKey;

use crate::config::base_url::BaseUrl;
use crate::setters::setters;
use crate::trust::Trust;

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
    /// The key that signs the config.
    pub sign: Option<SigningKey>,
    /// Who must have signed the config at the destination if its entries of other images are signed
    /// again. They must accept the new signature as well. Without signers, the key that signs now
    /// must have made the old signature.
    pub trust: Trust,
    /// Also sign entries of other images that nobody has signed, or somebody else.
    pub sign_existing: bool,
    /// Replace a signed config by one without a signature.
    pub unsigned: bool,
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
        sign with_sign: Option<SigningKey>,
        trust with_trust: Trust,
        sign_existing with_sign_existing: bool,
        unsigned with_unsigned: bool,
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
            sign: None,
            trust: Trust::None,
            sign_existing: false,
            unsigned: false,
            replace: false,
            delete: None,
            jobs: Self::DEFAULT_JOBS,
        }
    }
}
