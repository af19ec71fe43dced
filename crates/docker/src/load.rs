//! Puts an archive into the engine.

use bytes::Bytes;
use futures_util::Stream;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use crate::answer::{Answer, Line, reported};
use crate::failure::BoxError;
use crate::query::Query;
use crate::transport::{accept, post};
use crate::upload::UploadError;
use crate::{Engine, Error, Failure, Loaded};

impl Engine {
    /// Sends an archive to the engine, as the engine takes it.
    ///
    /// An error in the stream breaks the request off, so that the engine never sees a proper end. The engine
    /// may be silent for as long as it answers pings: what it does with an archive takes its time.
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
        let operation = self.operation("load an archive into", None);
        let upload = UploadError::default();
        let mut request = post(upload.body(stream));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
        let mut query = Query::default();
        query.add_flag("quiet", true);
        let loaded = async {
            let path = query.on("/images/load");
            let sent = async {
                let (response, line) = self.transport.send(request, &path).await?;
                Ok((accept(response).await?, line))
            };
            let (response, _line) = self.transport.while_alive(sent).await?;
            let mut answer = Answer::new(&self.transport, response.into_body());
            let mut loaded = Loaded::default();
            while let Some(line) = answer.next().await? {
                if let Some((message, _)) = reported(&line) {
                    return Err(Failure::Reported { message });
                }
                if let Line::Json(line) = line {
                    loaded.note(&line);
                }
            }
            Ok(loaded)
        };
        loaded.await.map_err(|failure| operation.fail(upload.or(failure)))
    }
}
