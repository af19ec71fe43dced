//! Loads an archive into the engine.
//!
//! This call does not use bollard: its `import_image` does not notice an engine that stops reading,
//! and cannot distinguish a slow engine from a dead one.

use std::io;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use crate::api::engine::Engine;
use crate::api::loaded::Loaded;
use crate::api::query::Query;
use crate::error::Error;
use crate::failure::{BoxError, Failure};
use crate::wire::json_lines::{AnswerLine, reported};
use crate::wire::limits;
use crate::wire::upload::{Upload, upload};

/// The number of bytes of a file that are sent at a time.
const PIECE: usize = 64 << 10;

impl Engine {
    /// Sends an archive to the engine, as fast as the engine reads it.
    ///
    /// If the stream returns an error, the request is interrupted, so that the engine does not take
    /// the archive for complete. To pass bytes from another task or thread, use an
    /// [`ArchiveBody`](crate::ArchiveBody). After the engine has received everything, the call
    /// waits while the engine unpacks the archive and answers pings.
    ///
    /// An engine can report success before it has received everything. The call then still reads
    /// the stream to its end. [Inspect](Engine::inspect) the image afterwards to be sure.
    ///
    /// # Errors
    ///
    /// An error that the engine reports inside a successful answer is returned as an error. An
    /// engine that reads no bytes for longer than [`Timeouts::idle`](crate::Timeouts::idle) is also
    /// an error.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future interrupts the request, so that the engine never takes an incomplete
    /// archive for a complete one.
    pub async fn load<S, E>(&self, stream: S) -> Result<Loaded, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let mut query = Query::default();
        query.add_flag("quiet", true);
        let mut loaded = Loaded::default();
        let mut on_line = |line: AnswerLine| {
            if let Some((message, _)) = reported(&line) {
                return Err(Failure::Reported { message });
            }
            match line {
                AnswerLine::Json(line) => loaded.note(&line),
                AnswerLine::Text(_) => Ok(()),
            }
        };
        let path = query.on("/images/load");
        let to = Upload { answer_limit: Some(limits::LOAD), ..Upload::to(&path) };
        let sent = upload(&self.transport, to, stream, &mut on_line).await;
        match sent {
            Ok(()) => Ok(loaded),
            Err(failure) => Err(self.operation("load an archive into", None).fail(failure)),
        }
    }

    /// Loads an archive from a file without verifying it.
    ///
    /// The bytes are **not verified** before or while they are sent: the engine decides what to do
    /// with a damaged archive. The crate `sealift-workflow` verifies archives while it loads them.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, the error is an [`ErrorKind::File`](crate::ErrorKind::File).
    /// If it cannot be read, the error is an [`ErrorKind::Upload`](crate::ErrorKind::Upload).
    ///
    /// # Cancel safety
    ///
    /// The same as that of [`load`](Self::load).
    pub async fn load_from(&self, path: impl AsRef<Path>) -> Result<Loaded, Error> {
        let path = path.as_ref();
        let file = File::open(path).await.map_err(|source| {
            let failure = Failure::File { action: "read", path: path.to_owned(), source };
            self.operation("load an archive into", None).fail(failure)
        })?;
        self.load(pieces_of(file)).await
    }
}

/// Reads a file in pieces.
fn pieces_of(file: File) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let count = file.read_buf(&mut piece).await?;
        Ok((count > 0).then(|| (piece.freeze(), file)))
    })
}
