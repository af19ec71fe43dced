//! Uploads a body to the engine, which can answer before it has received everything.

use std::pin::{Pin, pin};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use crate::failure::{BoxError, Failure};
use crate::wire::archive_body::{ArchiveBody, ArchiveSender, archive_body};
use crate::wire::flow::Flow;
use crate::wire::json_lines::{AnswerLine, AnswerReader};
use crate::wire::transport::{Transport, post};

/// The maximum number of pieces that wait for the connection.
const PIECES: usize = 1;

/// The header for logins to registries.
const REGISTRIES: HeaderName = HeaderName::from_static("x-registry-config");

/// The options of an upload.
pub(crate) struct Upload<'a> {
    pub(crate) path: &'a str,
    /// Logins to registries, in the form that engines expect.
    pub(crate) registries: Option<HeaderValue>,
    /// The maximum size of the answer. `None` for an answer that continues during the
    /// complete operation.
    pub(crate) answer_limit: Option<u64>,
}

impl<'a> Upload<'a> {
    pub(crate) fn to(path: &'a str) -> Self {
        Self { path, registries: None, answer_limit: None }
    }
}

/// Posts a tar while it is being produced, and passes on the lines of the engine's answer as they
/// arrive.
///
/// An error of the stream interrupts the request without its proper end. An engine can answer
/// before it has received everything; for example, engines read a tar only to its end marker. Such
/// an answer counts like any other: an error ends the upload at once, and after a success the rest
/// of the stream is read, because it can still end with an error. After the engine has received
/// everything, the call waits while the engine answers pings.
pub(crate) async fn upload<S, E>(
    transport: &Transport,
    request: Upload<'_>,
    tar: S,
    on_line: &mut (dyn FnMut(AnswerLine) -> Result<(), Failure> + Send),
) -> Result<(), Failure>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<BoxError>,
{
    let flow = Flow::default();
    let exchange = async {
        let (sender, body) = archive_body(PIECES);
        // The answer can arrive before or after the end of the stream is noticed, and a stream must
        // not be polled after its end.
        let mut tar = pin!(tar.fuse());
        let mut answer = pin!(receive_answer(transport, request, body, &flow, on_line));
        let is_answered = {
            let mut sending = pin!(send(tar.as_mut(), sender));
            tokio::select! {
                biased;
                answered = &mut answer => answered.map(|()| true),
                sent = &mut sending => sent.map(|()| false),
            }?
        };
        if !is_answered {
            answer.await?;
        }
        flow.end();
        run_out(tar).await
    };
    transport.while_flowing(&flow, exchange).await
}

/// Sends a stream until it ends or the connection accepts no more data.
async fn send<S, E>(mut tar: Pin<&mut S>, sender: ArchiveSender) -> Result<(), Failure>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    while let Some(item) = tar.next().await {
        let bytes = item.map_err(|error| Failure::Upload { source: error.into() })?;
        // The answer contains the reason why the connection accepts no more data.
        if sender.send(bytes).await.is_err() {
            return Ok(());
        }
    }
    sender.finish().await;
    Ok(())
}

async fn receive_answer(
    transport: &Transport,
    Upload { path, registries, answer_limit }: Upload<'_>,
    body: ArchiveBody,
    flow: &Flow,
    on_line: &mut (dyn FnMut(AnswerLine) -> Result<(), Failure> + Send),
) -> Result<(), Failure> {
    let frames = body.map(|bytes| bytes.map(Frame::data));
    let mut request = post(StreamBody::new(frames));
    request.extensions_mut().insert(flow.clone());
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    if let Some(mut registries) = registries {
        registries.set_sensitive(true);
        request.headers_mut().insert(REGISTRIES, registries);
    }
    let (response, _line) = transport.send(request, path).await?;
    let mut body = transport.accept(response).await?.into_body();
    let mut reader = AnswerReader::default();
    let mut after = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Broken { after, source: error.into() })?;
        if let Some(bytes) = frame.data_ref() {
            after += bytes.len() as u64;
            if let Some(limit) = answer_limit
                && after > limit
            {
                return Err(Failure::TooLong { what: "answer", limit });
            }
            reader.push(bytes, on_line)?;
        }
    }
    reader.finish(on_line)
}

/// Reads the rest of a stream that the engine did not need. It can end with an error.
async fn run_out<S, E>(mut tar: Pin<&mut S>) -> Result<(), Failure>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    while let Some(item) = tar.next().await {
        item.map_err(|error| Failure::Upload { source: error.into() })?;
    }
    Ok(())
}
