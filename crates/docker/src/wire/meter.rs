//! Counts the bytes of an answer, for readers that have no limit of their own.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::wire::limits::Limit;

/// How much of the answer to a request may come, for a reader that knows no limit of its own. It
/// stands among the request's extensions.
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
