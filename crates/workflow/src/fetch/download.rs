//! Requests for ranges of a published archive.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use sealift_remote::{Download, Etag, Get, GetRequest, Key, Object, Remote};

use crate::error::Error;
use crate::run::{Activity, Run};

/// The capacity of buffers for parts is a multiple of this size, in bytes.
pub(crate) const BUFFER: usize = 256 << 10;

/// An archive at the place from which it is fetched.
pub(crate) struct Published<'a> {
    pub(crate) remote: &'a Remote,
    pub(crate) key: &'a Key,
    /// The size in bytes, from the config.
    pub(crate) size: u64,
    pub(crate) activity: &'a Activity,
    pub(crate) run: &'a Run,
    /// The ETag of the first answer. All other answers must have the same one.
    etag: Mutex<Option<Etag>>,
}

/// The answer to a request for a range.
pub(crate) enum Answer {
    /// The requested range.
    Range(Bytes),
    /// The server ignored the range and sends the complete archive, of which these first bytes were
    /// received.
    Whole(Bytes, Download),
}

impl<'a> Published<'a> {
    pub(crate) fn new(
        remote: &'a Remote,
        key: &'a Key,
        size: u64,
        activity: &'a Activity,
        run: &'a Run,
    ) -> Self {
        Self { remote, key, size, activity, run, etag: Mutex::default() }
    }

    /// Requests the archive, or a range of it.
    ///
    /// # Errors
    ///
    /// Returns an error if the archive is missing, has another size, or has changed since the first
    /// request.
    pub(crate) async fn get(&self, range: Option<Range<u64>>) -> Result<Download, Error> {
        let known = self.etag.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = GetRequest::default().with_if_match(known.clone());
        request.range = range;
        let get = async { Ok(self.remote.get(self.key, &request).await?) };
        let Get::Found(download) = self.run.wait_for(get).await? else {
            return Err(Error::NotPublished { place: self.shown() });
        };
        let Object { size, etag, .. } = download.object();
        if let Some(size) = size.filter(|size| *size != self.size) {
            return Err(self.differs(format!("it has {size} bytes, not {}", self.size)));
        }
        let etag = etag.clone().filter(Etag::is_strong);
        if known.is_some() && etag.is_some() && etag != known {
            return Err(self.differs("it changed while it was fetched".to_owned()));
        }
        if known.is_none() {
            *self.etag.lock().unwrap_or_else(PoisonError::into_inner) = etag;
        }
        Ok(download)
    }

    /// Requests a range and reads it into memory.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`get`](Self::get), and an error if the server sends fewer bytes.
    pub(crate) async fn range(&self, range: Range<u64>) -> Result<Answer, Error> {
        let mut download = self.get(Some(range.clone())).await?;
        if download.offset() != range.start {
            return Ok(Answer::Whole(Bytes::new(), download));
        }
        let size = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        // Capacities are rounded up: with few different sizes, the allocator can reuse the memory
        // of earlier buffers.
        let mut bytes = BytesMut::with_capacity(size.next_multiple_of(BUFFER));
        while let Some(chunk) = self.chunk(&mut download).await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > size {
                break;
            }
        }
        match bytes.len() {
            count if count == size => Ok(Answer::Range(bytes.freeze())),
            // If the range starts at 0, the server may have sent the complete archive instead.
            count if count > size && range.start == 0 => {
                Ok(Answer::Whole(bytes.freeze(), download))
            }
            count => Err(self.differs(format!("{count} bytes were sent instead of {size}"))),
        }
    }

    /// Returns the next bytes of a download, or `None` at its end.
    pub(crate) async fn chunk(&self, download: &mut Download) -> Result<Option<Bytes>, Error> {
        let chunk = self.run.wait_for(async { Ok(download.chunk().await?) }).await?;
        self.activity.progress(chunk.as_ref().map_or(0, Bytes::len) as u64);
        Ok(chunk)
    }

    /// Returns the error for an archive that differs from its description in the config.
    pub(crate) fn differs(&self, reason: String) -> Error {
        Error::FetchedDiffers { place: self.shown(), reason }
    }

    fn shown(&self) -> String {
        self.remote.location().shown(self.key)
    }
}
