//! Puts an archive into the engine.

use bytes::Bytes;
use futures_util::Stream;

use crate::api::engine::Engine;
use crate::api::loaded::Loaded;
use crate::api::query::Query;
use crate::error::Error;
use crate::failure::BoxError;
use crate::failure::Failure;
use crate::wire::json_lines::{Line, reported};
use crate::wire::limits;
use crate::wire::upload::{Upload, upload};

impl Engine {
    /// Sends an archive to the engine, as fast as the engine reads it.
    ///
    /// An error in the stream breaks the request off, so that the engine never sees a proper end. Once the engine has
    /// everything, it may be silent for as long as it answers pings: what it does with an archive takes its time.
    ///
    /// An engine may answer before it has everything. A success counts then too, once the stream has been read to its end;
    /// ask the engine whether it has the image.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future breaks the request off, so that the engine never takes what was sent for a whole archive.
    ///
    /// # Errors
    ///
    /// If the stream ends with an error; if the engine refuses, even in an answer that began as a success; if the engine
    /// takes no bytes for longer than [`Timeouts::idle`](crate::Timeouts::idle).
    pub async fn load<S, E>(&self, stream: S) -> Result<Loaded, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let mut query = Query::default();
        query.add_flag("quiet", true);
        let mut loaded = Loaded::default();
        let mut on_line = |line: Line| {
            if let Some((message, _)) = reported(&line) {
                return Err(Failure::Reported { message });
            }
            match line {
                Line::Json(line) => loaded.note(&line),
                Line::Text(_) => Ok(()),
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
}
