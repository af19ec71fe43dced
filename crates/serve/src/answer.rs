//! The responses to requests.

use std::fs;
use std::sync::Arc;

use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LINK,
    WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use sealift_archive::BlockIndex;
use sealift_catalog::Entry;
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::{Digest, Index, media_type};
use sealift_store::{Error, ErrorKind};
use serde_json::json;

use crate::body::{Body, Readers};
use crate::contents::{Blob, ManifestDocument};
use crate::folder::{Age, Folder};
use crate::header::set;
use crate::images::Images;
use crate::metrics::{self, Metrics};
use crate::options::{Documents, WriteDocuments};
use crate::page;
use crate::page::view::Form;
use crate::resource::{Bytes, Resource};
use crate::route::{Kind, Page, Reference, Route};

/// The maximum size of a signature, in bytes.
const MAX_SIGNATURE: u64 = 1 << 20;
const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// The state that is needed to answer requests.
pub(crate) struct Answerer {
    pub(crate) folder: Arc<Folder>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) documents: Option<Arc<WriteDocuments>>,
    pub(crate) readers: Readers,
}

/// A successful answer.
enum Answer {
    /// Bytes that support ranges and caching.
    Resource(Resource),
    /// A document: its status, type and content.
    Document(StatusCode, &'static str, Vec<u8>),
    /// The empty list of referrers of an image. `filtered` if the client asked for some types only.
    Referrers { filtered: bool },
    /// A list, and the URL of its next page.
    List(serde_json::Value, Option<String>),
}

/// An error response: status, error code of the registry API, and message.
pub(crate) struct Refusal(StatusCode, &'static str, String);

impl Refusal {
    fn unknown(code: &'static str, message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, code, message.into())
    }

    /// Creates the response to a request without a valid login.
    #[cfg(feature = "auth")]
    pub(crate) fn no_login() -> Self {
        let message = "a valid user name and password are required".to_owned();
        Self(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// Creates the response to a plain HTTP request if TLS is required.
    #[cfg(feature = "tls")]
    pub(crate) fn not_encrypted() -> Self {
        let message = "plain HTTP request sent to an HTTPS server".to_owned();
        Self(StatusCode::BAD_REQUEST, "UNSUPPORTED", message)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { .. } | Error::Changed { .. } => {
                Self::unknown("MANIFEST_UNKNOWN", "the archive was removed or replaced")
            }
            // Errors of the store contain paths, which clients must not see.
            error => {
                let kind = match error.kind() {
                    ErrorKind::Archive => "an archive cannot be read",
                    _ => "the folder cannot be read",
                };
                Self(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", kind.to_owned())
            }
        }
    }
}

impl Answerer {
    /// Answers a request for a route, or with a refusal.
    pub(crate) async fn answer<B>(
        self: Arc<Self>,
        request: &Request<B>,
        route: Route,
        refusal: Option<Refusal>,
    ) -> Response<Body> {
        let path = request.uri().path();
        let is_registry = path == "/v2" || path.starts_with("/v2/");
        let is_head = request.method() == Method::HEAD;
        let is_reading = is_head || request.method() == Method::GET;
        let result = match (refusal, is_reading) {
            (Some(refusal), _) => Err(refusal),
            (None, true) => self.find(route, base_url(self.scheme, request.headers())).await,
            (None, false) => {
                let message = "the server is read-only";
                Err(Refusal(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message.to_owned()))
            }
        };
        let mut response = match result {
            Ok(Answer::Resource(resource)) => {
                let readers = &self.readers;
                resource.answer(request.headers(), is_head, is_registry, readers).await
            }
            Ok(Answer::Document(status, content_type, bytes)) => {
                document(status, content_type, bytes)
            }
            Ok(Answer::Referrers { filtered }) => {
                let index = Index::new().to_json();
                let mut response = document(StatusCode::OK, media_type::IMAGE_INDEX, index);
                if filtered {
                    let name = HeaderName::from_static("oci-filters-applied");
                    set(&mut response, name, "artifactType");
                }
                response
            }
            Ok(Answer::List(list, next)) => {
                let mut response = document(StatusCode::OK, JSON, list.to_string().into_bytes());
                if let Some(next) = next {
                    set(&mut response, LINK, &format!("<{next}>; rel=\"next\""));
                }
                response
            }
            Err(refusal) => refuse(refusal, is_registry),
        };
        if path == "/" {
            page::policy::restrict(response.headers_mut());
        }
        if is_registry {
            let name = HeaderName::from_static("docker-distribution-api-version");
            set(&mut response, name, "registry/2.0");
        }
        let length = response.body().left();
        let has_length = ![StatusCode::NOT_MODIFIED].contains(&response.status());
        if is_head {
            *response.body_mut() = Body::empty();
        }
        if has_length && !response.headers().contains_key(CONTENT_LENGTH) {
            set(&mut response, CONTENT_LENGTH, &length.to_string());
        }
        response
    }

    async fn find(self: &Arc<Self>, route: Route, base_url: String) -> Result<Answer, Refusal> {
        match route {
            Route::Health => {
                self.folder.images(Age::Recent).await?;
                return Ok(Answer::Document(StatusCode::OK, TEXT, b"ok\n".to_vec()));
            }
            Route::Metrics => {
                let text = self.metrics.text(self.folder.counts());
                let text = text.into_bytes();
                return Ok(Answer::Document(StatusCode::OK, metrics::CONTENT_TYPE, text));
            }
            Route::Registry => return Ok(Answer::Document(StatusCode::OK, JSON, b"{}".to_vec())),
            Route::Unknown { registry: true } => {
                return Err(Refusal::unknown("NAME_UNKNOWN", "this path does not exist"));
            }
            Route::Unknown { registry: false } => {
                return Err(Refusal::unknown("", "there is no such file"));
            }
            Route::Referrers { filtered } => return Ok(Answer::Referrers { filtered }),
            Route::NoDigest(kind) => return Err(no_digest(kind)),
            _ => {}
        }
        let images = self.folder.images(Age::Recent).await?;
        match self.look_up(images, route.clone(), base_url.clone()).await {
            Err(Refusal(StatusCode::NOT_FOUND, ..)) => {
                let images = self.folder.images(Age::Newest).await?;
                self.look_up(images, route, base_url).await
            }
            found => found,
        }
    }

    async fn look_up(
        self: &Arc<Self>,
        images: Arc<Images>,
        route: Route,
        base_url: String,
    ) -> Result<Answer, Refusal> {
        let answerer = Arc::clone(self);
        let found = move || answerer.read(&images, &route, &base_url);
        match self.readers.look_up(found).await {
            Ok(found) => found,
            Err(_) => {
                let message =
                    "the server is shutting down or an internal error occurred".to_owned();
                Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", message))
            }
        }
    }

    /// Finds the answer for a route. Reads files and blocks.
    fn read(&self, images: &Images, route: &Route, base_url: &str) -> Result<Answer, Refusal> {
        let contents = &self.folder.contents;
        match route {
            Route::Page(view, form) => {
                let bytes = page::written(view, *form, images, &self.folder, base_url);
                let bytes = bytes.ok_or_else(|| Refusal::unknown("", "there is no such image"))?;
                Ok(in_memory(if *form == Form::Html { HTML } else { JSON }, bytes))
            }
            Route::Images(page) => {
                let (names, next) = listed(page, images.names(), "/v2/_catalog");
                Ok(Answer::List(json!({ "repositories": names }), next))
            }
            Route::Tags(name, page) => {
                let tags = images.tags(name).ok_or_else(|| unknown_name(name))?;
                let (tags, next) = listed(page, tags, &format!("/v2/{name}/tags/list"));
                Ok(Answer::List(json!({ "name": name, "tags": tags }), next))
            }
            Route::Manifest(name, reference) => {
                let found = match reference {
                    Reference::Tag(tag) => contents.manifest(&images.tagged(name, tag))?,
                    Reference::Digest(digest) => {
                        contents.manifest_of_digest(images, name, *digest)?
                    }
                };
                let ManifestDocument { descriptor, json } = found.ok_or_else(|| {
                    let message = format!("there is no such manifest of {name}");
                    Refusal::unknown("MANIFEST_UNKNOWN", message)
                })?;
                Ok(Answer::Resource(Resource {
                    content_type: descriptor.media_type,
                    digest: descriptor.digest,
                    is_immutable: matches!(reference, Reference::Digest(_)),
                    bytes: Bytes::Memory(json),
                }))
            }
            Route::Blob(name, digest) => {
                let blob = contents.blob(images, name, *digest)?.ok_or_else(|| {
                    Refusal::unknown("BLOB_UNKNOWN", format!("there is no such blob of {name}"))
                })?;
                let bytes = match blob {
                    Blob::Config(json) => Bytes::Memory(json),
                    Blob::Layer(layer) => Bytes::Layer(layer),
                };
                let content_type = BYTES.to_owned();
                let digest = *digest;
                Ok(Answer::Resource(Resource { content_type, digest, is_immutable: true, bytes }))
            }
            Route::Config => Ok(in_memory(JSON, self.documents(images, base_url)?.config)),
            Route::Sums => match self.own_file("SHA256SUMS") {
                Some(sums) => Ok(in_memory(TEXT, sums)),
                None => Ok(in_memory(TEXT, self.documents(images, base_url)?.sums)),
            },
            Route::Signature(name) => match self.own_file(name) {
                Some(signature) => Ok(in_memory(TEXT, signature)),
                None => Err(Refusal::unknown("", "there is no such file")),
            },
            Route::Archive(path) => self.archive(entry(images, path)?),
            Route::Blocks(path) => self.blocks(entry(images, path)?),
            Route::Health
            | Route::Metrics
            | Route::Registry
            | Route::Referrers { .. }
            | Route::NoDigest(_)
            | Route::Unknown { .. } => Err(Refusal::unknown("", "there is no such file")),
        }
    }

    fn documents(&self, images: &Images, base_url: &str) -> Result<Documents, Refusal> {
        let no_writer = || Refusal::unknown("", "there is no such file");
        let write = self.documents.as_ref().ok_or_else(no_writer)?;
        let refused = |reason| Refusal(StatusCode::CONFLICT, "", reason);
        write(images.entries(), base_url).map_err(refused)
    }

    /// Reads `SHA256SUMS` or one of its signatures, if the user put one into the folder.
    fn own_file(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.folder.contents.store().root().join(name);
        let metadata = fs::symlink_metadata(&path).ok()?;
        let limit = if name == "SHA256SUMS" { 16 << 20 } else { MAX_SIGNATURE };
        if !metadata.is_file() || metadata.len() > limit {
            return None;
        }
        fs::read(path).ok()
    }

    fn archive(&self, entry: &Entry) -> Result<Answer, Refusal> {
        let (file, stat) = self.folder.contents.store().open_file(&entry.archive)?;
        let image = entry.image().filter(|_| stat == entry.stat).ok_or_else(gone)?;
        Ok(Answer::Resource(Resource {
            content_type: content_type(entry.archive.name().format()).to_owned(),
            digest: image.sha256,
            is_immutable: true,
            bytes: Bytes::File(file, stat.size),
        }))
    }

    fn blocks(&self, entry: &Entry) -> Result<Answer, Refusal> {
        let table = self.folder.contents.blocks(entry)?;
        let sha256 = entry.image().map(|image| image.sha256).ok_or_else(gone)?;
        let index = table.and_then(|table| BlockIndex::new(entry.stat.size, sha256, table));
        let index = index.ok_or_else(|| Refusal::unknown("", "the archive has no block index"))?;
        Ok(in_memory(TEXT, index.to_string().into_bytes()))
    }
}

fn in_memory(content_type: &str, bytes: Vec<u8>) -> Answer {
    Answer::Resource(Resource {
        content_type: content_type.to_owned(),
        digest: Digest::of(&bytes),
        is_immutable: false,
        bytes: Bytes::Memory(bytes),
    })
}

fn entry<'a>(images: &'a Images, path: &ArchivePath) -> Result<&'a Entry, Refusal> {
    images.archive(path).ok_or_else(|| Refusal::unknown("", "there is no such file"))
}

fn gone() -> Refusal {
    Refusal::unknown("", "the archive was removed or replaced")
}

fn unknown_name(name: &str) -> Refusal {
    Refusal::unknown("NAME_UNKNOWN", format!("there is no image {name}"))
}

/// Returns the refusal of a digest that is not a SHA-256 digest. The OCI distribution specification
/// requires status 400 for referrers; otherwise the object is reported as missing.
fn no_digest(kind: Kind) -> Refusal {
    let message = "not a SHA-256 digest";
    match kind {
        Kind::Manifest => Refusal::unknown("MANIFEST_UNKNOWN", message),
        Kind::Blob => Refusal::unknown("BLOB_UNKNOWN", message),
        Kind::Referrers => Refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message.to_owned()),
    }
}

/// Returns a page of a list, and the URL of the next page.
fn listed<'a>(
    page: &Page,
    items: impl Iterator<Item = &'a str>,
    path: &str,
) -> (Vec<&'a str>, Option<String>) {
    let (items, is_more) = page.of(items);
    let next = match (page.count, items.last()) {
        (Some(count), Some(last)) if is_more => Some(format!("{path}?n={count}&last={last}")),
        _ => None,
    };
    (items, next)
}

/// Returns the URL of the server as the client addressed it; empty if the client sent no valid
/// host.
fn base_url(scheme: &str, headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    match !host.is_empty() && host.bytes().all(is_host) {
        true => format!("{scheme}://{host}"),
        false => String::new(),
    }
}

fn content_type(format: ArchiveFormat) -> &'static str {
    match format {
        ArchiveFormat::Zip => "application/zip",
        _ => "application/x-tar",
    }
}

fn document(status: StatusCode, content_type: &'static str, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::bytes(bytes));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, content_type);
    set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

/// Returns an error response: JSON for the registry API, otherwise plain text.
fn refuse(Refusal(status, code, message): Refusal, is_registry: bool) -> Response<Body> {
    let mut response = match is_registry {
        true => {
            let errors = json!({ "errors": [{ "code": code, "message": message }] });
            document(status, JSON, errors.to_string().into_bytes())
        }
        false => document(status, TEXT, (message + "\n").into_bytes()),
    };
    if status == StatusCode::METHOD_NOT_ALLOWED {
        set(&mut response, ALLOW, "GET, HEAD");
    }
    if status == StatusCode::UNAUTHORIZED {
        set(&mut response, WWW_AUTHENTICATE, "Basic realm=\"sealift\"");
    }
    response
}

/// Excludes a response to a logged-in user from shared caches.
pub(crate) fn forbid_shared_caches(headers: &mut HeaderMap) {
    let control = headers.get(CACHE_CONTROL).and_then(|control| control.to_str().ok());
    let private = match control {
        Some(control) => control.replace("public", "private"),
        None => "private".to_owned(),
    };
    if let Ok(private) = HeaderValue::from_str(&private) {
        headers.insert(CACHE_CONTROL, private);
    }
}
