//! The three kinds of bucket.

use crate::bucket::azure::{self, Azure};
use crate::bucket::google::{self, Google};
use crate::bucket::s3::{self, S3};
use crate::bucket::store::{Opener, Store};
use crate::location::Cloud;
use crate::settings::Settings;

/// The settings for a bucket.
#[derive(Debug)]
pub(super) enum Plan {
    S3(Box<S3>),
    Google(Box<Google>),
    Azure(Box<Azure>),
}

impl Plan {
    /// Reads the settings for a bucket, without sending a request.
    pub(super) fn new(
        cloud: Cloud,
        bucket: &str,
        settings: &Settings,
        opener: &Opener,
    ) -> Result<Self, String> {
        Ok(match cloud {
            Cloud::S3 => Self::S3(Box::new(S3::new(bucket, settings, opener)?)),
            Cloud::Google => Self::Google(Box::new(Google::new(bucket, settings, opener)?)),
            Cloud::Azure => Self::Azure(Box::new(Azure::new(bucket, settings, opener)?)),
        })
    }

    /// Determines what the settings leave open, and opens the bucket.
    pub(super) async fn open(&self, opener: &Opener) -> Result<Store, String> {
        match self {
            Self::S3(s3) => s3.open(opener).await,
            Self::Google(google) => google.open(opener).await,
            Self::Azure(azure) => azure.open(opener).await,
        }
    }

    /// Returns the URL of an object, given its encoded path in the bucket.
    pub(super) fn url(&self, path: &str) -> String {
        match self {
            Self::S3(s3) => s3.url(path),
            Self::Google(google) => google.url(path),
            Self::Azure(azure) => azure.url(path),
        }
    }

    /// Returns the hint for a bucket that refuses requests without credentials.
    pub(super) fn no_credentials(&self) -> &'static str {
        match self {
            Self::S3(_) => s3::NO_CREDENTIALS,
            Self::Google(_) => google::NO_CREDENTIALS,
            Self::Azure(_) => azure::NO_CREDENTIALS,
        }
    }
}
