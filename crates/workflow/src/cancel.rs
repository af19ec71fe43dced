//! A wish to stop that reaches everything: tasks that wait, and threads that work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Asks whatever runs to stop. Clones are one wish.
///
/// ```
/// use sealift_workflow::Cancel;
///
/// let cancel = Cancel::new();
/// let same = cancel.clone();
/// same.cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    waiting: Arc<Notify>,
}

impl Cancel {
    /// Makes a wish that nobody has yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.waiting.notify_waiters();
    }

    /// Tells whether anybody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks to stop.
    pub async fn cancelled(&self) {
        // Registered before the flag is read, so that no wish falls between the two.
        let mut notified = std::pin::pin!(self.waiting.notified());
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }

    /// The flag, for threads that look at it now and then.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.flag
    }
}
