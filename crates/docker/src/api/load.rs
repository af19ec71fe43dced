//! Loads an archive into the engine.
//!
//! This call is our own: with bollard's `import_image` an engine that stops reading goes unnoticed,
//! and a slow engine cannot be distinguished from a dead one.

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

/// How much of a file is sent at a time, in bytes.
const PIECE: usize = 64 << 10;

impl Engine {
    /// Sends an archive to the engine, as fast as the engine reads it.
    ///
    /// An error in the stream breaks the request off, so that the engine never sees a proper end;
    /// use an [`ArchiveBody`](crate::ArchiveBody) to pass bytes from another task or thread. Once
    /// the engine has received everything, it may be silent for as long as it answers pings,
    /// because it unpacks the archive.
    ///
    /// An engine may answer before it has received everything. A success counts then too, once the
    /// stream has been read to its end; [inspect](Engine::inspect) the image afterwards to be sure.
    ///
    /// # Errors
    ///
    /// An error that the engine reports inside a successful answer is an error here. So is an
    /// engine that takes no bytes for longer than [`Timeouts::idle`](crate::Timeouts::idle).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future breaks the request off, so that the engine never takes an incomplete
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

    /// Loads an archive from a file, as it is.
    ///
    /// The bytes are **not verified** before or while they are sent: what an engine does with a
    /// damaged archive is up to the engine. The crate `sealift-workflow` verifies archives while it
    /// loads them.
    ///
    /// # Errors
    ///
    /// An error of the file is an [`ErrorKind::File`](crate::ErrorKind::File) if the file cannot be
    /// opened, and an [`ErrorKind::Upload`](crate::ErrorKind::Upload) if it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// As for [`load`](Self::load).
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
