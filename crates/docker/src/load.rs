//! Puts an archive into the engine.

use bytes::Bytes;
use futures_util::Stream;

use crate::answer::{Line, reported};
use crate::failure::BoxError;
use crate::query::Query;
use crate::upload::{Upload, upload};
use crate::{Engine, Error, Failure, Loaded};

impl Engine {
    /// Sends an archive to the engine, as the engine takes it.
    ///
    /// An error in the stream breaks the request off, so that the engine never sees a proper end, and so does
    /// dropping the future. The engine may be silent for as long as it answers pings: what it does with an
    /// archive takes its time.
    ///
    /// # Errors
    ///
    /// If the stream ends with an error; if the engine refuses, also where it does so within an answer that
    /// began as a success.
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
        let sent = upload(&self.transport, Upload::to(&path), stream, &mut on_line).await;
        match sent {
            Ok(()) => Ok(loaded),
            Err(failure) => Err(self.operation("load an archive into", None).fail(failure)),
        }
    }
}
