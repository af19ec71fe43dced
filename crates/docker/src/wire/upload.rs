//! A body on its way to the engine, which may answer before it has all of it.

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

/// How many pieces may wait for the connection.
const PIECES: usize = 1;

/// The header for logins to registries.
const REGISTRIES: HeaderName = HeaderName::from_static("x-registry-config");

/// Where an upload goes.
pub(crate) struct Upload<'a> {
    pub(crate) path: &'a str,
    /// Logins to registries, as engines want them.
    pub(crate) registries: Option<HeaderValue>,
    /// How much of the answer is read; `None` for one that lasts as long as its operation.
    pub(crate) answer_limit: Option<u64>,
}

impl<'a> Upload<'a> {
    pub(crate) fn to(path: &'a str) -> Self {
        Self { path, registries: None, answer_limit: None }
    }
}

/// Posts a tar while it is being made, and passes on the lines of the engine's answer as they come.
///
/// The stream's own error breaks the request off without its proper end. An engine may answer
/// before it has everything, as engines do that read a tar no further than its end marker. Such an
/// answer counts like any other: a refusal ends the upload at once; after a success the rest of the
/// stream is read, since it may still end with an error. The engine may be silent once it has
/// everything, for as long as it answers pings.
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
        // The answer may come before or after the stream's end is noticed, and a stream need not
        // stand to be polled after it.
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

/// Sends a stream, as far as the connection takes it.
async fn send<S, E>(mut tar: Pin<&mut S>, sender: ArchiveSender) -> Result<(), Failure>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    while let Some(item) = tar.next().await {
        let bytes = item.map_err(|error| Failure::Upload { source: error.into() })?;
        // Why the connection takes no more is in the answer.
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

/// Reads what the engine does not want to its end, which may be an error.
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
