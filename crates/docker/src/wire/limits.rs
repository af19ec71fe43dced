//! How much of an answer is read.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::failure::Failure;

/// The head of an answer: status and headers.
pub(crate) const HEAD: u64 = 400 << 10;

/// What an engine answers to a ping, and what it says of an error.
pub(crate) const WORDS: u64 = 64 << 10;

/// An answer about one thing: an image, the engine. Configs of images are limited to 4 MiB.
pub(crate) const ANSWER: u64 = 16 << 20;

/// A list of all images: a kilobyte for each.
pub(crate) const LIST: u64 = 64 << 20;

/// What an engine says of a load: a few lines.
pub(crate) const LOAD: u64 = 16 << 20;

/// What a program says that is asked for something: a machine's address, a login.
pub(crate) const PROGRAM: u64 = 1 << 20;

/// A limit, as people read it.
pub(crate) struct Limit(pub(crate) u64);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes.is_multiple_of(1 << 20) => write!(f, "{} MiB", bytes >> 20),
            bytes => write!(f, "{} KiB", bytes >> 10),
        }
    }
}

/// How much of the answer to a request may come, for a reader that knows no limit of its own. It stands among the
/// request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerLimit(pub(crate) u64);

/// Counts down what may still come over a connection. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Mutex<(u64, u64)>>);

impl Default for Meter {
    fn default() -> Self {
        Self(Arc::new(Mutex::new((u64::MAX, u64::MAX))))
    }
}

impl Meter {
    /// Begins a new answer.
    pub(crate) fn begin(&self, limit: Option<AnswerLimit>) {
        let limit = limit.map_or(u64::MAX, |AnswerLimit(limit)| limit);
        *self.lock() = (limit, limit);
    }

    /// Counts bytes that came.
    ///
    /// # Errors
    ///
    /// [`Exceeded`], if these were too many.
    pub(crate) fn count(&self, bytes: usize) -> io::Result<()> {
        let mut state = self.lock();
        let (limit, left) = *state;
        match left.checked_sub(bytes as u64) {
            Some(left) => {
                state.1 = left;
                Ok(())
            }
            None => Err(io::Error::other(Exceeded { limit })),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks the end of a connection over which too much came.
#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {}, the limit", Limit(*limit))]
pub(crate) struct Exceeded {
    pub(crate) limit: u64,
}

/// Reads an answer to its end.
///
/// # Errors
///
/// If it breaks off, or is longer than the limit.
pub(crate) async fn read_all(mut body: Incoming, limit: u64) -> Result<Bytes, Failure> {
    let mut content = Vec::new();
    while let Some(frame) = body.frame().await {
        let after = content.len() as u64;
        let frame = frame.map_err(|error| Failure::Broken { after, source: error.into() })?;
        content.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if content.len() as u64 > limit {
            return Err(Failure::TooLong { what: "answer", limit });
        }
    }
    Ok(content.into())
}

/// Reads the beginning of an answer, as much as the limit allows and as comes before it ends or breaks off.
pub(crate) async fn read_some(body: &mut Incoming, limit: u64, content: &mut Vec<u8>) {
    while let Some(Ok(frame)) = body.frame().await {
        content.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if content.len() as u64 >= limit {
            return;
        }
    }
}
