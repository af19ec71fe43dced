//! The flag that cancels asynchronous tasks and blocking threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

/// Cancels running operations. Clones share one flag.
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
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    flag: AtomicBool,
    waiting: Notify,
    /// The flags that are set together with this one.
    children: Mutex<Vec<Weak<Shared>>>,
}

impl Cancel {
    /// Creates a flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the flag, and those of all children.
    pub fn cancel(&self) {
        self.0.flag.store(true, Ordering::SeqCst);
        self.0.waiting.notify_waiters();
        let mut children = self.0.children.lock().unwrap_or_else(PoisonError::into_inner);
        for child in children.drain(..) {
            if let Some(child) = child.upgrade() {
                Self(child).cancel();
            }
        }
    }

    /// Returns `true` if the flag is set.
    pub fn is_cancelled(&self) -> bool {
        self.0.flag.load(Ordering::SeqCst)
    }

    /// Waits until the flag is set. Returns at once if it is already set.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    pub async fn cancelled(&self) {
        // The waiter is registered before the flag is read. Otherwise a cancellation between the
        // two would be missed.
        let mut notified = std::pin::pin!(self.0.waiting.notified());
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }

    /// Returns the flag for blocking code that polls it.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0.flag
    }

    /// Creates a flag that is set together with this one, but can also be set alone.
    pub(crate) fn child(&self) -> Self {
        let child = Self::new();
        let mut children = self.0.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        drop(children);
        // Checked after the registration: an earlier cancellation did not reach this child.
        if self.is_cancelled() {
            child.cancel();
        }
        child
    }

    /// Creates a guard that sets the flag when it is dropped.
    pub(crate) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }
}

/// A guard that sets a flag when it is dropped.
pub(crate) struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::Cancel;

    #[test]
    fn a_child_is_cancelled_with_its_parent_and_alone() {
        let parent = Cancel::new();
        let (first, second) = (parent.child(), parent.child());
        let grandchild = second.child();
        drop(first.on_drop());
        assert!(first.is_cancelled());
        assert!(!parent.is_cancelled() && !second.is_cancelled());
        parent.cancel();
        assert!(second.is_cancelled() && grandchild.is_cancelled());
        assert!(parent.child().is_cancelled(), "a child of a cancelled flag is cancelled");
    }
}
