//! Objects on their way here.

use std::fmt;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::error::{Error, ErrorKind};
use crate::object::{Etag, Object};

/// What is requested of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GetRequest {
    /// These bytes only; a server that knows no ranges sends the whole object, see
    /// [`Download::offset`].
    pub range: Option<Range<u64>>,
    /// Only if the object still has this tag; otherwise an error of the kind
    /// [`ErrorKind::Changed`].
    pub if_match: Option<Etag>,
    /// Only if the object no longer has this tag; otherwise [`Get::NotModified`].
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

    /// Sets the tag of the object that is known.
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
    /// It still has the tag of [`GetRequest::if_none_match`].
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

/// An object, or a range of it, on its way here.
///
/// A connection that breaks is taken up again from where it broke, as long as the object stays the
/// same; an error is final. Dropping it closes the connection.
pub struct Download {
    object: Object,
    offset: u64,
    body: BoxStream<'static, Result<Bytes, Error>>,
    /// What errors are about, as it may be shown.
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

    /// Returns what the server states of the whole object.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Returns where in the object the body begins: the start of the requested range, or 0 if the
    /// server sends the whole object instead.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the next part of the body, or `None` after its end.
    ///
    /// # Cancel safety
    ///
    /// No bytes are lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// If the body ends early or cannot be read.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.body.next().await.transpose()
    }

    /// Returns the whole body.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is larger than `limit` bytes.
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
