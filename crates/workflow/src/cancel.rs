//! A request to stop that reaches everything: tasks that wait, and threads that work.

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
    /// Those that are cancelled with this one.
    children: Mutex<Vec<Weak<Shared>>>,
}

impl Cancel {
    /// Creates a flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
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

    /// Returns `true` if anybody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.flag.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks to stop.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    pub async fn cancelled(&self) {
        // Registered before the flag is read, so that no request falls between the two.
        let mut notified = std::pin::pin!(self.0.waiting.notified());
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }

    /// The flag, for threads that look at it now and then.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0.flag
    }

    /// Creates a flag that is set with this one, and can be set without it.
    pub(crate) fn child(&self) -> Self {
        let child = Self::new();
        let mut children = self.0.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        drop(children);
        // After it was registered: a request that came before that did not reach it.
        if self.is_cancelled() {
            child.cancel();
        }
        child
    }

    /// Creates a guard that asks to stop when it is dropped.
    pub(crate) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }
}

/// Asks to stop when it is dropped.
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
        assert!(parent.child().is_cancelled(), "it comes too late to be told");
    }
}
