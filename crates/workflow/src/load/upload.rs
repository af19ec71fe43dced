//! An upload: what a thread reads goes into an engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sealift_docker::{ArchiveSender, Engine, Loaded, archive_body};

use crate::error::Error;
use crate::event::Work;
use crate::reading::{FileReader, Reading};
use crate::run::{Activity, Run};

/// How many buffers may wait between the disk and the engine.
const PIECES: usize = 4;

/// The side of an upload that reads.
pub(crate) struct Pipe {
    sender: ArchiveSender,
    bytes_sent: Arc<AtomicU64>,
}

impl Pipe {
    /// Sends what a reader reads and returns the reader, or `None` if the engine has answered before it
    /// had everything. The body is not finished after an error, so that the engine refuses it. The
    /// activity is for the caller, who knows when the engine has answered.
    pub(crate) fn pump<R: FileReader>(
        self,
        reader: R,
        label: &str,
        run: &Run,
    ) -> Result<Option<(R, Activity)>, Error> {
        let mut reading = Reading::start(reader, label, Work::Loading, run);
        while let Some(bytes) = reading.next()? {
            self.bytes_sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if self.sender.blocking_send(bytes).is_err() {
                return Ok(None);
            }
        }
        self.sender.blocking_finish();
        Ok(Some((reading.reader, reading.activity)))
    }
}

/// Uploads what `read` sends into an engine. Returns the engine's answer and what `read` returned;
/// `None` if that was none. Counts the bytes.
pub(crate) async fn upload<T: Send + 'static>(
    engine: &Engine,
    bytes_sent: Arc<AtomicU64>,
    run: &Run,
    read: impl FnOnce(Pipe, &Run) -> Result<Option<T>, Error> + Send + 'static,
) -> Result<Option<(Loaded, T)>, Error> {
    let (sender, body) = archive_body(PIECES);
    let pipe = Pipe { sender, bytes_sent };
    let reader = run.blocking(move |run| read(pipe, run));
    let both = async { Ok(tokio::join!(reader, engine.load(body))) };
    match run.wait_for(both).await? {
        // A damaged archive is the cause of a load that was broken off, not the other way round.
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
        (Ok(sent), Ok(answer)) => Ok(sent.map(|sent| (answer, sent))),
    }
}
