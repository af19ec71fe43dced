//! A body that is streamed to the engine, whose own errors are kept.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body_util::StreamBody;
use hyper::body::{Body, Frame};

use crate::Failure;
use crate::failure::BoxError;

/// Keeps the error with which an upload ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct UploadError(Arc<Mutex<Option<BoxError>>>);

impl UploadError {
    /// Makes a body of a stream. Where the stream ends with an error, the request is broken off: the engine
    /// never sees a proper end.
    pub(crate) fn body<S, E>(
        &self,
        stream: S,
    ) -> impl Body<Data = Bytes, Error = io::Error> + Send + 'static
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let kept = self.clone();
        StreamBody::new(stream.map(move |item| match item {
            Ok(bytes) => Ok(Frame::data(bytes)),
            Err(error) => {
                *kept.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.into());
                Err(io::Error::other("the upload was broken off"))
            }
        }))
    }

    /// Gives the cause of a failure: the upload's own error, where there was one.
    pub(crate) fn or(&self, failure: Failure) -> Failure {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(source) => Failure::Upload { source },
            None => failure,
        }
    }
}
