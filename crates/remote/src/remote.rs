//! An open location.

#[cfg(feature = "web")]
use std::sync::Arc;

#[cfg(feature = "bucket")]
use crate::bucket::Bucket;
use crate::download::{Get, GetRequest};
use crate::error::Error;
#[cfg(not(feature = "bucket"))]
use crate::error::ErrorKind;
use crate::folder::Folder;
#[cfg(feature = "bucket")]
use crate::http::client::Client;
use crate::key::Key;
use crate::location::{Location, Place};
use crate::object::{Entry, Object};
use crate::settings::Settings;
use crate::upload::{PutOptions, Upload};
#[cfg(feature = "web")]
use crate::web::Site;

/// An open location, from which objects are read and to which they are written. Clones share
/// connections.
#[derive(Debug, Clone)]
pub struct Remote {
    location: Location,
    backend: Backend,
}

/// The implementation for each type of location.
#[derive(Debug, Clone)]
enum Backend {
    Folder(Folder),
    #[cfg(feature = "web")]
    Web(Arc<Site>),
    #[cfg(feature = "bucket")]
    Bucket(Bucket),
}

impl Remote {
    /// Opens a location with the settings in the environment of the process. No request is sent
    /// yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the settings for this type of location are incomplete or not valid.
    pub fn open(location: &Location) -> Result<Self, Error> {
        Self::open_with(location, &Settings::from_env())
    }

    /// Opens a location with these settings. No request is sent yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the settings for this type of location are incomplete or not valid.
    #[cfg_attr(not(feature = "web"), expect(unused_variables, reason = "a folder needs none"))]
    pub fn open_with(location: &Location, settings: &Settings) -> Result<Self, Error> {
        let backend = match &location.0 {
            Place::Folder(path) => Backend::Folder(Folder::new(path)),
            #[cfg(feature = "web")]
            Place::Web(web) => Backend::Web(Arc::new(Site::open(location, web, settings)?)),
            #[cfg(feature = "bucket")]
            Place::Bucket { cloud, bucket, prefix } => {
                let client = Client::new(settings)?;
                let place = (*cloud, bucket.as_str(), prefix.as_str());
                Backend::Bucket(Bucket::open(location, place, settings, client)?)
            }
            #[cfg(not(feature = "bucket"))]
            _ => {
                let reason = "this program was built without support for such locations";
                let shown = location.to_string();
                return Err(Error::new("open", shown, ErrorKind::Unsupported, reason));
            }
        };
        Ok(Self { location: location.clone(), backend })
    }

    /// Returns the location that was opened.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the facts about an object without reading it, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the location cannot be reached or refuses the request.
    pub async fn head(&self, key: &Key) -> Result<Option<Object>, Error> {
        match &self.backend {
            Backend::Folder(folder) => folder.head(key).await,
            #[cfg(feature = "web")]
            Backend::Web(site) => site.head(key).await,
            #[cfg(feature = "bucket")]
            Backend::Bucket(bucket) => bucket.head(key).await,
        }
    }

    /// Reads an object, or a range of it.
    ///
    /// # Errors
    ///
    /// Returns an error if the location cannot be reached or refuses the request, if a condition
    /// does not hold, or if the answer does not match the request.
    pub async fn get(&self, key: &Key, request: &GetRequest) -> Result<Get, Error> {
        match &self.backend {
            Backend::Folder(folder) => folder.get(key, request).await,
            #[cfg(feature = "web")]
            Backend::Web(site) => site.get(key, request).await,
            #[cfg(feature = "bucket")]
            Backend::Bucket(bucket) => bucket.get(key, request).await,
        }
    }

    /// Writes an object. Readers see either the complete new object or the old one. Missing folders
    /// are created.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the object is unchanged or completely written.
    ///
    /// # Errors
    ///
    /// Returns an error if the object cannot be written, or if the condition does not hold.
    pub async fn put(
        &self,
        key: &Key,
        upload: Upload,
        options: &PutOptions<'_>,
    ) -> Result<Object, Error> {
        match &self.backend {
            Backend::Folder(folder) => folder.put(key, upload, options).await,
            #[cfg(feature = "web")]
            Backend::Web(site) => site.put(key, upload, options).await,
            #[cfg(feature = "bucket")]
            Backend::Bucket(bucket) => bucket.put(key, upload, options).await,
        }
    }

    /// Lists all objects, sorted by key. Objects whose names begin with a dot are left out.
    ///
    /// # Errors
    ///
    /// Returns an error if the location cannot be reached, refuses the request or does not support
    /// lists.
    pub async fn list(&self) -> Result<Vec<Entry>, Error> {
        match &self.backend {
            Backend::Folder(folder) => folder.list().await,
            #[cfg(feature = "web")]
            Backend::Web(site) => site.list().await,
            #[cfg(feature = "bucket")]
            Backend::Bucket(bucket) => bucket.list().await,
        }
    }

    /// Removes an object. Returns `false` if it did not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the location cannot be reached or refuses the request.
    pub async fn remove(&self, key: &Key) -> Result<bool, Error> {
        match &self.backend {
            Backend::Folder(folder) => folder.remove(key).await,
            #[cfg(feature = "web")]
            Backend::Web(site) => site.remove(key).await,
            #[cfg(feature = "bucket")]
            Backend::Bucket(bucket) => bucket.remove(key).await,
        }
    }
    /// Waits until uploads to a bucket whose futures were dropped have been aborted, so that no
    /// parts stay in the bucket. A program should call it before it exits after an interrupt.
    pub async fn settle(&self) {
        #[cfg(feature = "bucket")]
        if let Backend::Bucket(bucket) = &self.backend {
            bucket.settle().await;
        }
    }

    /// Returns the URL that an object in a bucket has if the bucket is public. Returns `None` for
    /// other locations.
    pub fn public_url(&self, key: &Key) -> Option<String> {
        match &self.backend {
            #[cfg(feature = "bucket")]
            Backend::Bucket(bucket) => Some(bucket.url(key)),
            _ => {
                let _ = key;
                None
            }
        }
    }
}
