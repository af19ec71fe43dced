//! Options of a publication.

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
    /// The selected images, or all images if empty. A reference with a version selects this
    /// version.
    pub images: Vec<Reference>,
    /// The rules for the latest archive of an image.
    pub latest: LatestOptions,
    /// The URL under which readers access the destination. If it is missing, the URLs are those of
    /// the destination if it is a web server, and relative otherwise.
    pub base_url: Option<BaseUrl>,
    /// The key that signs the config.
    pub sign: Option<SigningKey>,
    /// The signers whose signature the existing config must have before its entries of other images
    /// are signed again. The new signature must also be one of theirs. With [`Trust::None`], the
    /// existing signature must be by the same key as the new one.
    pub trust: Trust,
    /// Whether to sign entries of other images that are not signed, or are signed by someone else.
    pub sign_existing: bool,
    /// Whether to replace a signed config with an unsigned one.
    pub unsigned: bool,
    /// Whether to replace archives that have the same name and other content.
    pub replace: bool,
    /// The numbers of versions to keep of each published image. Older archives that are not in the
    /// config are removed after the publication. `None` removes nothing.
    pub delete: Option<Keep>,
    /// The number of archives that are uploaded at the same time.
    pub jobs: NonZeroUsize,
}

impl PublishOptions {
    /// The default number of archives that are uploaded at the same time.
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
