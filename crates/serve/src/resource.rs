//! Responses that support caching and ranges.

use std::fs::File;
use std::io;
use std::sync::Arc;

use hyper::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, HeaderName, RANGE, VARY,
};
use hyper::{HeaderMap, Response, StatusCode};
use sealift_archive::GzipLayer;
use sealift_oci::Digest;

use crate::body::{Body, Readers};
use crate::conditions::Part;
use crate::contents::Layer;
use crate::encoding::accepts_gzip;
use crate::header::set;
use crate::pieces::{FilePieces, StreamPieces};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A resource that supports caching and ranges.
pub(crate) struct Resource {
    pub(crate) content_type: String,
    /// The digest of the bytes, which becomes the ETag.
    pub(crate) digest: Digest,
    pub(crate) is_immutable: bool,
    pub(crate) bytes: Bytes,
}

/// The source of a resource's bytes.
pub(crate) enum Bytes {
    Memory(Vec<u8>),
    Layer(Arc<Layer>),
    File(File, u64),
}

impl Resource {
    /// Returns the response with the resource, or the requested part of it.
    pub(crate) async fn answer(
        self,
        headers: &HeaderMap,
        is_head: bool,
        is_registry: bool,
        readers: &Readers,
    ) -> Response<Body> {
        let Self { content_type, digest, is_immutable, bytes } = self;
        let is_layer = matches!(bytes, Bytes::Layer(_));
        let size = match &bytes {
            Bytes::Memory(bytes) => bytes.len() as u64,
            Bytes::Layer(layer) => layer.size,
            Bytes::File(_, size) => *size,
        };
        // Ranges refer to the uncompressed layer, so that an interrupted pull can be resumed with a
        // range. Responses to HEAD state the size of the uncompressed layer.
        let is_compressible = !is_head && !headers.contains_key(RANGE) && accepts_gzip(headers);
        let gzip = match &bytes {
            Bytes::Layer(layer) if is_compressible => {
                let layer = Arc::clone(layer);
                readers.look_up(move || layer.gzip()).await.ok().flatten()
            }
            _ => None,
        };
        let etag = match is_registry {
            true => format!("\"{digest}\""),
            false => format!("\"{}\"", digest.hex()),
        };
        let part = Part::of(headers, &etag, size);
        let (status, start, count) = match part {
            Part::All => (StatusCode::OK, 0, gzip.as_ref().map_or(size, GzipLayer::size)),
            Part::Bytes { start, size } => (StatusCode::PARTIAL_CONTENT, start, size),
            Part::NotModified => (StatusCode::NOT_MODIFIED, 0, 0),
            Part::NotSatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
        };
        let is_gzip = gzip.is_some();
        let body = match (is_head || count == 0, gzip) {
            (true, _) => Body::empty(),
            (false, Some(gzip)) => Body::read(count, readers, StreamPieces::new(gzip)),
            (false, None) => body(bytes, start, count, readers),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        // Compressed bytes depend on the archive, not only on the layer, so their ETag is weak.
        set(&mut response, ETAG, &if is_gzip { format!("W/{etag}") } else { etag });
        set(&mut response, ACCEPT_RANGES, "bytes");
        set(&mut response, CACHE_CONTROL, if is_immutable { IMMUTABLE } else { "no-cache" });
        if is_registry {
            let name = HeaderName::from_static("docker-content-digest");
            set(&mut response, name, &digest.to_string());
        }
        if is_layer {
            set(&mut response, VARY, "accept-encoding");
        }
        match part {
            Part::All | Part::Bytes { .. } => {
                set(&mut response, CONTENT_TYPE, &content_type);
                set(&mut response, CONTENT_LENGTH, &count.to_string());
                if is_gzip {
                    set(&mut response, CONTENT_ENCODING, "gzip");
                }
            }
            Part::NotModified | Part::NotSatisfiable => {}
        }
        match part {
            Part::Bytes { start, size: count } => {
                let last = start + count - 1;
                set(&mut response, CONTENT_RANGE, &format!("bytes {start}-{last}/{size}"));
            }
            Part::NotSatisfiable => set(&mut response, CONTENT_RANGE, &format!("bytes */{size}")),
            Part::All | Part::NotModified => {}
        }
        response
    }
}

/// Returns a body with a range of the bytes.
fn body(bytes: Bytes, start: u64, count: u64, readers: &Readers) -> Body {
    match bytes {
        Bytes::Memory(mut bytes) => {
            let (start, count) = (start as usize, count as usize);
            bytes.truncate(start + count);
            Body::bytes(bytes.split_off(start))
        }
        Bytes::Layer(layer) => match layer.reader(start) {
            Some(reader) => Body::read(count, readers, StreamPieces::new(reader)),
            None => Body::read(count, readers, StreamPieces::new(io::empty())),
        },
        Bytes::File(file, _) => Body::read(count, readers, FilePieces::new(file, start)),
    }
}
