//! What is reported of a context while it is sent.

use std::collections::HashSet;
use std::fs::FileType;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::build::event::{BuildEvent, LeftOut};

/// Reports what happens to a context, from the threads that read it.
#[derive(Debug, Clone)]
pub(crate) struct Notices {
    events: mpsc::UnboundedSender<BuildEvent>,
    /// What was reported as left out. BuildKit may ask for the same context several times.
    left_out: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Notices {
    /// Creates them with the other end, which receives the events.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<BuildEvent>) {
        let (events, receiver) = mpsc::unbounded_channel();
        (Self { events, left_out: Arc::default() }, receiver)
    }

    /// Reports that something in the context isn't sent, once.
    pub(crate) fn left_out(&self, path: &Path, reason: LeftOut) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out.insert(path.to_owned()) {
            self.report(BuildEvent::LeftOut { path: path.to_owned(), reason });
        }
    }

    pub(crate) fn report(&self, event: BuildEvent) {
        // If nothing receives any more, the build has ended.
        let _ = self.events.send(event);
    }
}

/// Returns why an entry of this type can't be sent, if it can't.
pub(crate) fn special(kind: FileType) -> Option<LeftOut> {
    match kind {
        kind if kind.is_socket() => Some(LeftOut::Socket),
        kind if kind.is_fifo() => Some(LeftOut::Pipe),
        kind if kind.is_block_device() || kind.is_char_device() => Some(LeftOut::Device),
        _ => None,
    }
}
