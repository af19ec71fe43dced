//! Events about a context while it is sent.

use std::collections::HashSet;
use std::fs::FileType;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::build::event::{BuildEvent, LeftOut};

/// Reports events about a context from the threads that read it.
#[derive(Debug, Clone)]
pub(crate) struct Notices {
    events: mpsc::UnboundedSender<BuildEvent>,
    /// The paths that were already reported as left out, because BuildKit can request a context
    /// several times.
    left_out: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Notices {
    /// Creates the notices, and the receiver of their events.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<BuildEvent>) {
        let (events, receiver) = mpsc::unbounded_channel();
        (Self { events, left_out: Arc::default() }, receiver)
    }

    /// Reports that something in the context is not sent. Each path is reported once.
    pub(crate) fn left_out(&self, path: &Path, reason: LeftOut) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out.insert(path.to_owned()) {
            self.report(BuildEvent::LeftOut { path: path.to_owned(), reason });
        }
    }

    pub(crate) fn report(&self, event: BuildEvent) {
        // If there is no receiver any more, the build has ended.
        let _ = self.events.send(event);
    }
}

/// Returns the reason why an entry of this type cannot be sent, or `None` if it can.
pub(crate) fn special(kind: FileType) -> Option<LeftOut> {
    match kind {
        kind if kind.is_socket() => Some(LeftOut::Socket),
        kind if kind.is_fifo() => Some(LeftOut::Pipe),
        kind if kind.is_block_device() || kind.is_char_device() => Some(LeftOut::Device),
        _ => None,
    }
}
