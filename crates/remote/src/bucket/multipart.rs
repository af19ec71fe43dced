//! Uploads in parts.

use std::ops::Range;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use object_store::path::Path;
use object_store::{Attributes, PutMultipartOptions};

use crate::bucket::Bucket;
use crate::bucket::call_failure::{CallFailure, watched};
use crate::bucket::source::Content;
use crate::bucket::store::Store;
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::object::Object;
use crate::upload::PutOptions;

/// The minimum size of a part.
const PART: u64 = 8 * 1024 * 1024;
/// The maximum number of parts. Buckets allow 10,000.
const PARTS: u64 = 9_000;

type Part = BoxFuture<'static, Result<u64, CallFailure>>;

impl Bucket {
    /// Writes an object in parts, several at a time if there is memory. The object becomes visible
    /// when all parts have been combined.
    pub(super) async fn put_multipart(
        &self,
        key: &Key,
        store: &Store,
        path: &Path,
        (content, size): (Content, u64),
        attributes: Attributes,
        options: &PutOptions<'_>,
    ) -> Result<Object, Error> {
        let failed = |failure: CallFailure| self.error("write", key, store, &failure);
        let settings = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let started = watched(store.objects.put_multipart_opts(path, settings)).await;
        let mut upload = self.0.aborts.guard(started.map_err(failed)?);
        let part = part_size(size);
        let mut running: FuturesUnordered<Part> = FuturesUnordered::new();
        let taken = |result: Result<u64, CallFailure>| {
            let bytes = result.map_err(failed)?;
            if let Some(on_bytes) = options.on_bytes {
                on_bytes(bytes);
            }
            Ok::<(), Error>(())
        };
        for range in parts(size, part) {
            let length = range.end - range.start;
            let mut buffer = std::pin::pin!(self.0.memory.take(length));
            // Parts that are being sent continue while this one waits.
            let buffer = loop {
                tokio::select! {
                    buffer = &mut buffer => break buffer,
                    Some(result) = running.next() => taken(result)?,
                }
            };
            let read = content.part(range, buffer).await;
            let read = read.map_err(|error| Error::io("write", self.shown(key), error))?;
            let put = upload.put_part(read.into());
            running.push(Box::pin(async move { watched(put).await.map(|()| length) }));
        }
        while let Some(result) = running.next().await {
            taken(result)?;
        }
        let completed = watched(upload.complete()).await;
        // Not every server states the tag of the combined object. The answer may also have been
        // lost, in which case the repeated request does not find the upload.
        let found = self.head(key).await?.unwrap_or_else(Object::unknown);
        let is_ours = found.sha256.is_some() && found.sha256 == options.sha256;
        match completed {
            Ok(_) if found.size == Some(size) => Ok(found),
            Ok(_) => {
                let reason = format!("the server does not have the {size} bytes that were sent");
                Err(Error::new("write", self.shown(key), ErrorKind::BadAnswer, reason))
            }
            Err(_) if found.size == Some(size) && is_ours => Ok(found),
            Err(failure) => Err(failed(failure)),
        }
    }
}

/// Returns the size of each part of an object except the last.
fn part_size(size: u64) -> u64 {
    PART.max(size.div_ceil(PARTS))
}

/// Returns the ranges of the parts of an object.
fn parts(size: u64, part: u64) -> impl Iterator<Item = Range<u64>> {
    (0..size.div_ceil(part)).map(move |n| n * part..size.min((n + 1) * part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_an_object_within_limits() {
        const GIB: u64 = 1 << 30;
        for size in [PART + 1, 2 * PART, 3 * PART + 7, GIB, 100 * GIB, 5_000 * GIB] {
            let part = part_size(size);
            let ranges: Vec<_> = parts(size, part).collect();
            assert!(ranges.len() as u64 <= PARTS, "{size}");
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, size));
            assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start), "{size}");
        }
        assert_eq!(part_size(GIB), PART);
    }
}
