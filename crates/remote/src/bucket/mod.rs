//! Buckets: Amazon S3 and servers with its API, Google Cloud Storage, Azure Blob Storage.

mod aborts;
mod azure;
mod body;
mod call_failure;
mod cloud;
mod google;
mod memory;
mod multipart;
mod process;
mod profile;
mod s3;
mod source;
mod store;
mod transport;
mod version;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStoreExt as _,
    PutMode, PutOptions as StoreOptions, PutResult, UpdateVersion,
};
use sealift_oci::Digest;
use tokio::sync::OnceCell;

use crate::bucket::aborts::Aborts;
use crate::bucket::call_failure::{CallFailure, watched};
use crate::bucket::cloud::Plan;
use crate::bucket::memory::Memory;
use crate::bucket::source::Content;
use crate::bucket::store::{Opener, Store};
use crate::download::{Download, Get, GetRequest};
use crate::error::{Error, ErrorKind};
use crate::http::client::Client;
use crate::key::Key;
use crate::location::{Cloud, Location};
use crate::object::{Entry, Etag, Object};
use crate::settings::Settings;
use crate::upload::{Condition, PutOptions, Upload};

/// The maximum size of an object that is written with a single request.
const SINGLE: u64 = 8 * 1024 * 1024;

/// The number of repetitions of a conditional write whose answer was lost.
const REPETITIONS: usize = 3;

/// The current state of an object.
struct Current {
    version: PutResult,
    /// Whether it has the content that was to be written.
    is_ours: bool,
}

/// A bucket. Clones share connections.
#[derive(Clone)]
pub(crate) struct Bucket(Arc<BucketAccess>);

struct BucketAccess {
    location: Location,
    cloud: Cloud,
    prefix: String,
    plan: Plan,
    opener: Opener,
    store: OnceCell<Store>,
    aborts: Aborts,
    memory: Memory,
}

impl Bucket {
    pub(crate) fn open(
        location: &Location,
        (cloud, bucket, prefix): (Cloud, &str, &str),
        settings: &Settings,
        client: Client,
    ) -> Result<Self, Error> {
        let opener = Opener::new(client, settings);
        let plan = Plan::new(cloud, bucket, settings, &opener).map_err(|reason| {
            Error::new("open", location.to_string(), ErrorKind::Settings, reason)
        })?;
        Ok(Self(Arc::new(BucketAccess {
            location: location.clone(),
            cloud,
            prefix: prefix.to_owned(),
            plan,
            opener,
            store: OnceCell::new(),
            aborts: Aborts::default(),
            memory: Memory::default(),
        })))
    }

    pub(crate) async fn head(&self, key: &Key) -> Result<Option<Object>, Error> {
        let store = self.store().await?;
        let path = self.path(key)?;
        let options = GetOptions { head: true, ..GetOptions::default() };
        match watched(store.objects.get_opts(&path, options)).await {
            Ok(found) => Ok(Some(self.object(&found))),
            Err(failure) if failure.is_missing_object() => Ok(None),
            Err(failure) => Err(self.error("read", key, store, &failure)),
        }
    }

    pub(crate) async fn get(&self, key: &Key, request: &GetRequest) -> Result<Get, Error> {
        let store = self.store().await?;
        let path = self.path(key)?;
        if let Some(range) = request.range.clone().filter(std::ops::Range::is_empty) {
            return self.empty(key, request, range.start).await;
        }
        let header = |etag: &Option<Etag>| Some(version::parts(self.0.cloud, etag.as_ref()?).0);
        let options = GetOptions {
            range: request.range.clone().map(GetRange::Bounded),
            if_match: header(&request.if_match),
            if_none_match: header(&request.if_none_match),
            ..GetOptions::default()
        };
        let found = match watched(store.objects.get_opts(&path, options)).await {
            Ok(found) => found,
            Err(failure) if failure.is_not_modified() => return Ok(Get::NotModified),
            Err(failure) if failure.is_missing_object() => return Ok(Get::NotFound),
            Err(failure) => return Err(self.error("read", key, store, &failure)),
        };
        let (object, range) = (self.object(&found), found.range.clone());
        if let Some(wanted) = request.range.as_ref().filter(|wanted| **wanted != range) {
            let reason = format!("it has {} bytes, not {}", found.meta.size, wanted.end);
            let name = self.shown(key);
            return Err(Error::new("read", name, ErrorKind::BadAnswer, reason));
        }
        let body = self.continued(key.clone(), path, found);
        Ok(Get::Found(Download::new(self.shown(key), object, range.start, body)))
    }

    /// Answers a request for an empty range, which HTTP cannot express.
    async fn empty(&self, key: &Key, request: &GetRequest, at: u64) -> Result<Get, Error> {
        let Some(object) = self.head(key).await? else { return Ok(Get::NotFound) };
        if request.if_none_match.is_some() && request.if_none_match == object.etag {
            return Ok(Get::NotModified);
        }
        let name = self.shown(key);
        if request.if_match.is_some() && request.if_match != object.etag {
            return Err(Error::new("read", name, ErrorKind::Changed, "it changed in the meantime"));
        }
        let body = Box::pin(futures_util::stream::empty());
        Ok(Get::Found(Download::new(name, object, at, body)))
    }

    pub(crate) async fn put(
        &self,
        key: &Key,
        upload: Upload,
        options: &PutOptions<'_>,
    ) -> Result<Object, Error> {
        let store = self.store().await?;
        let path = self.path(key)?;
        let size = upload.size();
        let content = Content::new(upload);
        let attributes = self.attributes(options);
        if size > SINGLE {
            self.check_before(key, &options.condition).await?;
            return self
                .put_multipart(key, store, &path, (content, size), attributes, options)
                .await;
        }
        let buffer = self.0.memory.take(size).await;
        let read = content.part(0..size, buffer).await;
        let bytes = read.map_err(|error| Error::io("write", self.shown(key), error))?;
        let written = self.put_single(key, store, &path, bytes, attributes, options).await?;
        if let Some(on_bytes) = options.on_bytes {
            on_bytes(size);
        }
        Ok(self.written(size, written, options))
    }

    /// Describes an object that was written.
    fn written(&self, size: u64, written: PutResult, options: &PutOptions<'_>) -> Object {
        let etag = written.e_tag.map(|etag| version::etag(self.0.cloud, etag, written.version));
        Object { size: Some(size), etag, sha256: options.sha256 }
    }

    /// Checks the condition before an upload in parts, for which buckets support no conditions.
    async fn check_before(&self, key: &Key, condition: &Condition) -> Result<(), Error> {
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => self.head(key).await?.is_none(),
            Condition::Matches(etag) => {
                self.head(key).await?.and_then(|object| object.etag).as_ref() == Some(etag)
            }
        };
        let changed = || {
            let reason = "it changed in the meantime";
            Error::new("write", self.shown(key), ErrorKind::Changed, reason)
        };
        if holds { Ok(()) } else { Err(changed()) }
    }

    async fn put_single(
        &self,
        key: &Key,
        store: &Store,
        path: &Path,
        bytes: Bytes,
        attributes: Attributes,
        options: &PutOptions<'_>,
    ) -> Result<PutResult, Error> {
        let mode = match &options.condition {
            Condition::Always => PutMode::Overwrite,
            Condition::Absent => PutMode::Create,
            Condition::Matches(etag) => {
                let (e_tag, version) = version::parts(self.0.cloud, etag);
                PutMode::Update(UpdateVersion { e_tag: Some(e_tag), version })
            }
        };
        let mut options = StoreOptions { mode, attributes, ..StoreOptions::default() };
        let mut repetitions = 0;
        loop {
            let call = store.objects.put_opts(path, bytes.clone().into(), options.clone());
            let failure = match watched(call).await {
                Ok(written) => return Ok(written),
                Err(failure) => failure,
            };
            if options.mode == PutMode::Overwrite || !failure.is_ambiguous() {
                return Err(self.error("write", key, store, &failure));
            }
            // The write may have taken effect although its answer was lost. Then the condition does
            // not hold for the repetition, because of the object that was written.
            let current = self.current(store, path, &bytes).await;
            if let Some(Current { is_ours: true, version }) = current {
                return Ok(version);
            }
            let may_help = match failure.kind() {
                ErrorKind::Changed => current.is_some_and(|current| {
                    version::without_quotes(&mut options.mode, current.version.e_tag.as_deref())
                }),
                _ => repetitions < REPETITIONS,
            };
            if !may_help {
                return Err(self.error("write", key, store, &failure));
            }
            repetitions += 1;
        }
    }

    /// Returns the current state of an object, if it can be read.
    async fn current(&self, store: &Store, path: &Path, bytes: &Bytes) -> Option<Current> {
        let call = async {
            let found = store.objects.get(path).await?;
            let (e_tag, version) = (found.meta.e_tag.clone(), found.meta.version.clone());
            let is_ours = found.meta.size == bytes.len() as u64 && found.bytes().await? == *bytes;
            let version = PutResult { e_tag, version, extensions: Default::default() };
            Ok(Current { version, is_ours })
        };
        watched(call).await.ok()
    }

    pub(crate) async fn list(&self) -> Result<Vec<Entry>, Error> {
        let store = self.store().await?;
        let failed = |failure: CallFailure| {
            let name = self.0.location.to_string();
            Error::new("list", name, failure.kind(), self.reason(store, &failure))
        };
        let prefix = match self.0.prefix.as_str() {
            "" => None,
            prefix => Some(Path::parse(prefix).map_err(|error| {
                let name = self.0.location.to_string();
                Error::new("list", name, ErrorKind::Unsupported, error.to_string())
            })?),
        };
        let all: Vec<ObjectMeta> =
            watched(store.objects.list(prefix.as_ref()).try_collect()).await.map_err(failed)?;
        let mut entries: Vec<Entry> = all.iter().filter_map(|meta| self.entry(meta)).collect();
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(entries)
    }

    /// Returns the entry for a list, or `None` if the object is hidden or its name is not a valid
    /// key.
    fn entry(&self, meta: &ObjectMeta) -> Option<Entry> {
        let path = meta.location.as_ref();
        let path = match self.0.prefix.as_str() {
            "" => path,
            prefix => path.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        let is_hidden = path.split('/').any(|segment| segment.starts_with('.'));
        let key = path.parse().ok().filter(|_| !is_hidden)?;
        Some(Entry { key, size: meta.size })
    }

    pub(crate) async fn remove(&self, key: &Key) -> Result<bool, Error> {
        if self.head(key).await?.is_none() {
            return Ok(false);
        }
        let store = self.store().await?;
        match watched(store.objects.delete(&self.path(key)?)).await {
            Ok(()) => Ok(true),
            Err(failure) if failure.is_missing_object() => Ok(false),
            Err(failure) => Err(self.error("remove", key, store, &failure)),
        }
    }

    /// Waits until dropped uploads have been aborted.
    pub(crate) async fn settle(&self) {
        self.0.aborts.settle().await;
    }

    /// Returns the URL of an object in a form that can be shown.
    pub(crate) fn url(&self, key: &Key) -> String {
        let path = self.full(key);
        self.0.plan.url(&path.parse().map_or(path, |key: Key| key.encoded()))
    }

    /// Returns the name of an object in the bucket, including the prefix.
    fn full(&self, key: &Key) -> String {
        let slash = if self.0.prefix.is_empty() { "" } else { "/" };
        format!("{}{slash}{key}", self.0.prefix)
    }

    /// Returns the name of an object in a form that can be shown.
    fn shown(&self, key: &Key) -> String {
        self.0.location.shown(key)
    }

    async fn store(&self) -> Result<&Store, Error> {
        let opened = self.0.store.get_or_try_init(|| self.0.plan.open(&self.0.opener)).await;
        opened.map_err(|reason| {
            Error::new("open", self.0.location.to_string(), ErrorKind::Settings, reason)
        })
    }

    fn path(&self, key: &Key) -> Result<Path, Error> {
        Path::parse(self.full(key)).map_err(|error| {
            let name = self.shown(key);
            Error::new("use", name, ErrorKind::Unsupported, error.to_string())
        })
    }

    fn object(&self, found: &GetResult) -> Object {
        let meta = &found.meta;
        let etag = meta.e_tag.clone();
        let noted = found.attributes.get(&self.sha256_attribute());
        Object {
            size: Some(meta.size),
            etag: etag.map(|etag| version::etag(self.0.cloud, etag, meta.version.clone())),
            sha256: noted.and_then(|hex| Digest::from_hex(hex)),
        }
    }

    fn attributes(&self, options: &PutOptions<'_>) -> Attributes {
        let mut attributes = Attributes::new();
        if let Some(content_type) = options.content_type {
            attributes.insert(Attribute::ContentType, content_type.into());
        }
        if let Some(cache_control) = options.cache_control {
            attributes.insert(Attribute::CacheControl, cache_control.into());
        }
        if let Some(sha256) = options.sha256 {
            attributes.insert(self.sha256_attribute(), sha256.hex().into());
        }
        attributes
    }

    /// Returns the name of the attribute that contains an object's SHA-256.
    fn sha256_attribute(&self) -> Attribute {
        Attribute::Metadata(match self.0.cloud {
            // Azure accepts only names that are identifiers in C#.
            Cloud::Azure => "sealift_sha256".into(),
            Cloud::S3 | Cloud::Google => "sealift-sha256".into(),
        })
    }

    fn error(
        &self,
        operation: &'static str,
        key: &Key,
        store: &Store,
        failure: &CallFailure,
    ) -> Error {
        let reason = self.reason(store, failure);
        Error::new(operation, self.shown(key), failure.kind(), reason)
    }

    fn reason(&self, store: &Store, failure: &CallFailure) -> String {
        match failure.kind() {
            ErrorKind::Denied if store.anonymous => {
                format!("{}; {}", failure.reason(), self.0.plan.no_credentials())
            }
            _ => failure.reason(),
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.0.location).finish()
    }
}
