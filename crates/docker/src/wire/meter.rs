//! Counts the bytes of an answer, for readers without a limit of their own.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::wire::limits::Limit;

/// The maximum size of the answer to a request, for a reader without a limit of its own. It is an
/// extension of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerLimit(pub(crate) u64);

/// Counts the bytes that arrive over a connection down to 0. Clones share the count.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Mutex<(u64, u64)>>);

impl Default for Meter {
    fn default() -> Self {
        Self(Arc::new(Mutex::new((u64::MAX, u64::MAX))))
    }
}

impl Meter {
    /// Starts to count a new answer.
    pub(crate) fn begin(&self, limit: Option<AnswerLimit>) {
        let limit = limit.map_or(u64::MAX, |AnswerLimit(limit)| limit);
        *self.lock() = (limit, limit);
    }

    /// Counts bytes that have arrived.
    ///
    /// # Errors
    ///
    /// Returns [`Exceeded`] if the limit is exceeded.
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

/// The error that ends a connection whose answer is too long.
#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than the limit of {}", Limit(*limit))]
pub(crate) struct Exceeded {
    pub(crate) limit: u64,
}
