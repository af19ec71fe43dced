//! Parsing of request paths.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;

use crate::metrics::RequestKind;
use crate::page::view::{Form, View};

/// The name of the config, which is the default of `publish`.
const CONFIG: &str = "images.json";
/// The names of the checksums and of their signatures.
const SUMS: &str = "SHA256SUMS";
const SIGNATURES: [&str; 2] = ["SHA256SUMS.sig", "SHA256SUMS.minisig"];
/// The data of the web page.
const INDEX: &str = "index.json";
/// The suffix of a block index, after the path of its archive.
const BLOCKS_SUFFIX: &str = ".blocks";

/// The object that a request asks for. It contains parsed names only, never a path from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/healthz`
    Health,
    /// `/metrics`
    Metrics,
    /// `/` or `/index.json`
    Page(View, Form),
    /// `/v2/`, by which clients detect a registry.
    Registry,
    /// `/v2/_catalog`
    Images(Page),
    /// `/v2/NAME/tags/list`
    Tags(String, Page),
    /// `/v2/NAME/manifests/TAG` or `/v2/NAME/manifests/DIGEST`
    Manifest(String, Reference),
    /// `/v2/NAME/blobs/DIGEST`
    Blob(String, Digest),
    /// `/v2/NAME/referrers/DIGEST`, whose list is always empty.
    Referrers {
        /// Whether the client asked for one type of artifact.
        filtered: bool,
    },
    /// An object of an image with a digest that is not SHA-256.
    NoDigest(Kind),
    /// `/images.json`
    Config,
    /// `/SHA256SUMS`
    Sums,
    /// A signature of the checksums.
    Signature(&'static str),
    /// An archive.
    Archive(ArchivePath),
    /// The block index of an archive.
    Blocks(ArchivePath),
    /// Any other path.
    Unknown {
        /// Whether the path begins with `/v2/`.
        registry: bool,
    },
}

/// A kind of object in the registry API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Manifest,
    Blob,
    Referrers,
}

/// The reference of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Tag(String),
    Digest(Digest),
}

/// The requested part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Page {
    /// The maximum number of items.
    pub(crate) count: Option<usize>,
    /// The item before the first one.
    pub(crate) after: Option<String>,
}

impl Route {
    /// Parses the path and query of a request.
    pub(crate) fn parse(path: &str, query: Option<&str>) -> Self {
        let Some(path) = decode(path).and_then(|path| Some(path.strip_prefix('/')?.to_owned()))
        else {
            return Self::Unknown { registry: false };
        };
        if let Some(rest) = path.strip_prefix("v2/").or_else(|| (path == "v2").then_some("")) {
            return registry(rest, query).unwrap_or(Self::Unknown { registry: true });
        }
        match path.as_str() {
            "" => return Self::Page(View::parse(query), Form::Html),
            INDEX => return Self::Page(View::parse(query), Form::Json),
            "healthz" => return Self::Health,
            "metrics" => return Self::Metrics,
            CONFIG => return Self::Config,
            SUMS => return Self::Sums,
            _ => {}
        }
        if let Some(name) = SIGNATURES.into_iter().find(|name| *name == path) {
            return Self::Signature(name);
        }
        if path.split('/').any(|part| part.starts_with('.')) {
            return Self::Unknown { registry: false };
        }
        let archive = path.strip_suffix(BLOCKS_SUFFIX);
        match ArchivePath::parse(archive.unwrap_or(&path)) {
            Ok(path) if archive.is_some() => Self::Blocks(path),
            Ok(path) => Self::Archive(path),
            Err(_) => Self::Unknown { registry: false },
        }
    }

    /// Returns the kind of the request for metrics.
    pub(crate) fn kind(&self) -> RequestKind {
        match self {
            Self::Manifest(..) | Self::NoDigest(Kind::Manifest) => RequestKind::Manifest,
            Self::Blob(..) | Self::NoDigest(Kind::Blob) => RequestKind::Blob,
            Self::Config | Self::Sums | Self::Signature(_) | Self::Archive(_) | Self::Blocks(_) => {
                RequestKind::File
            }
            Self::Page(..)
            | Self::Images(_)
            | Self::Tags(..)
            | Self::Referrers { .. }
            | Self::NoDigest(Kind::Referrers) => RequestKind::Page,
            Self::Health | Self::Metrics | Self::Registry | Self::Unknown { .. } => {
                RequestKind::Other
            }
        }
    }
}

/// Parses a path after `/v2/`.
fn registry(path: &str, query: Option<&str>) -> Option<Route> {
    match path {
        "" => return Some(Route::Registry),
        "_catalog" => return Some(Route::Images(Page::parse(query))),
        _ => {}
    }
    if let Some(name) = path.strip_suffix("/tags/list") {
        return Some(Route::Tags(name.to_owned(), Page::parse(query)));
    }
    let (front, last) = path.rsplit_once('/')?;
    let (name, kind) = front.rsplit_once('/')?;
    let name = name.to_owned();
    let (kind, route) = match kind {
        "manifests" => (Kind::Manifest, Reference::parse(last).map(|of| Route::Manifest(name, of))),
        "blobs" => (Kind::Blob, digest(last).map(|digest| Route::Blob(name, digest))),
        "referrers" => {
            let filtered = query.is_some_and(|query| is_given(query, "artifactType"));
            (Kind::Referrers, digest(last).map(|_| Route::Referrers { filtered }))
        }
        _ => return None,
    };
    Some(route.unwrap_or(Route::NoDigest(kind)))
}

fn digest(text: &str) -> Option<Digest> {
    text.parse().ok()
}

/// Returns `true` if a query contains a parameter with this name.
fn is_given(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

impl Reference {
    fn parse(text: &str) -> Option<Self> {
        match text.contains(':') {
            true => digest(text).map(Self::Digest),
            false => Some(Self::Tag(text.to_owned())),
        }
    }
}

impl Page {
    fn parse(query: Option<&str>) -> Self {
        let mut page = Self::default();
        for pair in query.unwrap_or_default().split('&') {
            match pair.split_once('=') {
                Some(("n", count)) => page.count = count.parse().ok(),
                Some(("last", after)) => page.after = decode(after).map(Cow::into_owned),
                _ => {}
            }
        }
        page
    }

    /// Returns the items on the page, and `true` if more follow. `items` must be sorted.
    pub(crate) fn of<'a>(&self, items: impl Iterator<Item = &'a str>) -> (Vec<&'a str>, bool) {
        let is_after = |item: &&str| self.after.as_deref().is_none_or(|after| *item > after);
        let mut items = items.filter(is_after);
        let page: Vec<&str> = items.by_ref().take(self.count.unwrap_or(usize::MAX)).collect();
        let is_more = items.next().is_some();
        (page, is_more)
    }
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn paths_are_parsed_into_routes() {
        let digest: Digest = DIGEST.parse().unwrap();
        let tag = |tag: &str| Reference::Tag(tag.to_owned());
        let name = || "team/api".to_owned();
        let archive = || ArchivePath::parse("team/web_1.0+b_0123456789ab.zip").unwrap();
        for (path, expected) in [
            ("/healthz", Route::Health),
            ("/metrics", Route::Metrics),
            ("/", Route::Page(View::parse(None), Form::Html)),
            ("/index.json", Route::Page(View::parse(None), Form::Json)),
            ("/v2", Route::Registry),
            ("/v2/", Route::Registry),
            ("/v2/_catalog", Route::Images(Page::default())),
            ("/v2/team/api/tags/list", Route::Tags(name(), Page::default())),
            ("/v2/team/api/manifests/1.0", Route::Manifest(name(), tag("1.0"))),
            (
                &format!("/v2/team/api/manifests/{DIGEST}"),
                Route::Manifest(name(), Reference::Digest(digest)),
            ),
            (&format!("/v2/team/api/blobs/{DIGEST}"), Route::Blob(name(), digest)),
            (&format!("/v2/team/api/referrers/{DIGEST}"), Route::Referrers { filtered: false }),
            ("/v2/web/blobs/sha256:1", Route::NoDigest(Kind::Blob)),
            ("/v2/web/blobs/x", Route::NoDigest(Kind::Blob)),
            ("/v2/web/manifests/md5:0", Route::NoDigest(Kind::Manifest)),
            ("/v2/web/referrers/latest", Route::NoDigest(Kind::Referrers)),
            ("/images.json", Route::Config),
            ("/SHA256SUMS", Route::Sums),
            ("/SHA256SUMS.sig", Route::Signature("SHA256SUMS.sig")),
            ("/team/web_1.0%2Bb_0123456789ab.zip", Route::Archive(archive())),
            ("/team/web_1.0+b_0123456789ab.zip.blocks", Route::Blocks(archive())),
        ] {
            assert_eq!(Route::parse(path, None), expected, "{path}");
        }
    }

    #[test]
    fn other_paths_are_unknown() {
        for path in [
            "",
            "/.sealift/records/web_1_0123456789ab.zip",
            "/.sealift/web_1_0123456789ab.zip",
            "/../web_1_0123456789ab.zip",
            "/..%2Fweb_1_0123456789ab.zip",
            "//web_1_0123456789ab.zip",
            "/%2Fetc/web_1_0123456789ab.zip",
            "/.web_1_0123456789ab.zip",
            "/%ff",
            "/images.json.blocks",
        ] {
            assert_eq!(Route::parse(path, None), Route::Unknown { registry: false }, "{path}");
        }
        for path in ["/v2/web", "/v2/team/web", "/v2/tags/list", "/v2/web/other/x"] {
            assert_eq!(Route::parse(path, None), Route::Unknown { registry: true }, "{path}");
        }
    }

    #[test]
    fn lists_are_paginated() {
        let items = ["a", "b", "c"];
        let page = |query| {
            let Route::Images(page) = Route::parse("/v2/_catalog", Some(query)) else { panic!() };
            let (items, is_more) = page.of(items.into_iter());
            (items.concat(), is_more)
        };
        assert_eq!(page(""), ("abc".to_owned(), false));
        assert_eq!(page("n=2"), ("ab".to_owned(), true));
        assert_eq!(page("last=b&n=2"), ("c".to_owned(), false));
        assert_eq!(page("n=3"), ("abc".to_owned(), false));
        assert_eq!(page("n=0"), (String::new(), true));
    }

    proptest! {
        #[test]
        fn any_path_is_parsed_without_panic(path in "[/a-z0-9%.:_v2]{0,40}", query in ".{0,20}") {
            let _ = Route::parse(&path, Some(&query));
        }
    }
}
