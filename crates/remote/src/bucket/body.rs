//! Downloads that continue after an interruption.

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult};

use crate::bucket::Bucket;
use crate::bucket::call_failure::{CallFailure, watched};
use crate::error::{Error, ErrorKind};
use crate::key::Key;

/// The number of times a download is continued without receiving a byte in between.
const TRIES: u32 = 3;

/// A download, with the range that has not been received yet.
struct ResumedBody {
    bucket: Bucket,
    key: Key,
    path: Path,
    etag: Option<String>,
    left: Range<u64>,
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    tries: u32,
}

impl Bucket {
    /// Returns the bytes of an object. If the connection is lost, the rest is requested on
    /// condition that the object has not changed.
    pub(super) fn continued(
        &self,
        key: Key,
        path: Path,
        found: GetResult,
    ) -> BoxStream<'static, Result<Bytes, Error>> {
        let (etag, left) = (found.meta.e_tag.clone(), found.range.clone());
        let (bucket, stream) = (self.clone(), found.into_stream());
        let body = ResumedBody { bucket, key, path, etag, left, stream, tries: 0 };
        stream::try_unfold(body, ResumedBody::next).boxed()
    }
}

impl ResumedBody {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Error> {
        loop {
            let next = async { self.stream.next().await.transpose() };
            match watched(next).await {
                Ok(Some(bytes)) if bytes.is_empty() => {}
                Ok(Some(bytes)) => {
                    self.left.start += bytes.len() as u64;
                    if self.left.start > self.left.end {
                        return Err(self.ends("the answer is longer than its stated length"));
                    }
                    self.tries = 0;
                    return Ok(Some((bytes, self)));
                }
                Ok(None) if self.left.is_empty() => return Ok(None),
                Ok(None) => return Err(self.ends("the answer is shorter than its stated length")),
                Err(failure) => self.go_on(failure).await?,
            }
        }
    }

    /// Requests the rest of the object after a failure.
    async fn go_on(&mut self, failure: CallFailure) -> Result<(), Error> {
        let store = self.bucket.store().await?;
        if self.tries == TRIES || self.etag.is_none() || self.left.is_empty() {
            return Err(self.bucket.error("read", &self.key, store, &failure));
        }
        tokio::time::sleep(self.bucket.0.opener.backoff() * 2_u32.pow(self.tries)).await;
        self.tries += 1;
        let options = GetOptions {
            range: Some(GetRange::Bounded(self.left.clone())),
            if_match: self.etag.clone(),
            ..GetOptions::default()
        };
        match watched(store.objects.get_opts(&self.path, options)).await {
            Ok(found) if found.range == self.left && found.meta.e_tag == self.etag => {
                self.stream = found.into_stream();
                Ok(())
            }
            Ok(_) => Err(self.changed()),
            Err(failure) => Err(self.bucket.error("read", &self.key, store, &failure)),
        }
    }

    fn changed(&self) -> Error {
        let reason = "it changed in the meantime";
        Error::new("read", self.bucket.shown(&self.key), ErrorKind::Changed, reason)
    }

    fn ends(&self, reason: &str) -> Error {
        Error::new("read", self.bucket.shown(&self.key), ErrorKind::BadAnswer, reason)
    }
}
