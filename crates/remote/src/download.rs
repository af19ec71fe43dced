//! Downloads of objects.

use std::fmt;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::error::{Error, ErrorKind};
use crate::object::{Etag, Object};

/// A request for an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GetRequest {
    /// The range to read, or `None` for the complete object. A server that does not support ranges
    /// sends the complete object; see [`Download::offset`].
    pub range: Option<Range<u64>>,
    /// Read the object only if it still has this tag. Otherwise the result is an error of the kind
    /// [`ErrorKind::Changed`].
    pub if_match: Option<Etag>,
    /// Read the object only if it no longer has this tag. Otherwise the result is
    /// [`Get::NotModified`].
    pub if_none_match: Option<Etag>,
}

impl GetRequest {
    /// Sets the range.
    #[must_use]
    pub fn with_range(mut self, range: Range<u64>) -> Self {
        self.range = Some(range);
        self
    }

    /// Sets the tag that the object must still have.
    #[must_use]
    pub fn with_if_match(mut self, etag: Option<Etag>) -> Self {
        self.if_match = etag;
        self
    }

    /// Sets the tag that the object must no longer have.
    #[must_use]
    pub fn with_if_none_match(mut self, etag: Option<Etag>) -> Self {
        self.if_none_match = etag;
        self
    }
}

/// The answer to a [`GetRequest`].
#[derive(Debug)]
pub enum Get {
    /// The object, or a range of it.
    Found(Download),
    /// The object still has the tag in [`GetRequest::if_none_match`].
    NotModified,
    /// There is no such object.
    NotFound,
}

impl Get {
    /// Returns the download, if there is one.
    pub fn found(self) -> Option<Download> {
        match self {
            Self::Found(download) => Some(download),
            Self::NotModified | Self::NotFound => None,
        }
    }
}

/// A download of an object, or of a range of it.
///
/// If the connection is lost, the download continues at the same position as long as the object has
/// not changed. An error is final. Dropping the download closes the connection.
pub struct Download {
    object: Object,
    offset: u64,
    body: BoxStream<'static, Result<Bytes, Error>>,
    /// The name of the object in errors, without secrets.
    name: String,
}

impl Download {
    pub(crate) fn new(
        name: String,
        object: Object,
        offset: u64,
        body: BoxStream<'static, Result<Bytes, Error>>,
    ) -> Self {
        Self { object, offset, body, name }
    }

    /// Returns the facts that the server states about the complete object.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Returns the position in the object at which the body begins: the start of the requested
    /// range, or 0 if the server sends the complete object instead.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the next bytes of the body, or `None` after its end.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: no bytes are lost if the future is dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if the body ends early or cannot be read.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.body.next().await.transpose()
    }

    /// Returns the complete body.
    ///
    /// # Errors
    ///
    /// Returns an error if the body cannot be read, or is larger than `limit` bytes.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, Error> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if bytes.len() + chunk.len() > limit {
                let reason = format!("it is larger than {limit} bytes");
                return Err(Error::new("read", self.name, ErrorKind::BadAnswer, reason));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("name", &self.name)
            .field("object", &self.object)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
