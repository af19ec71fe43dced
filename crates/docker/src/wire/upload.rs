//! A body on its way to the engine, which may answer before it has all of it.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::sync::mpsc;

use crate::failure::BoxError;
use crate::failure::Failure;
use crate::wire::flow::Flow;
use crate::wire::json_lines::{AnswerReader, Line};
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
    /// How much of the answer is read; none for one that tells of something as long as it takes.
    pub(crate) answer_limit: Option<u64>,
}

impl<'a> Upload<'a> {
    pub(crate) fn to(path: &'a str) -> Self {
        Self { path, registries: None, answer_limit: None }
    }
}

enum Piece {
    Data(Bytes),
    End,
}

/// A request's body that ends properly only where it is told to.
///
/// Whatever else ends it breaks the request off, as an engine may take a body that ends properly for a whole
/// archive: an upload that is given up halfway, by its future being dropped, must not look like one.
struct UploadBody {
    pieces: mpsc::Receiver<Piece>,
    has_ended: bool,
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(self.pieces.poll_recv(cx)) {
            Some(Piece::Data(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Piece::End) => {
                self.has_ended = true;
                None
            }
            None => Some(Err(io::Error::other("the upload was broken off"))),
        })
    }
}

/// Posts a tar while it is being made, and passes on the lines of the engine's answer as they come.
///
/// The stream's own error breaks the request off without its proper end. An engine may answer before it has everything,
/// as engines do that read a tar no further than its end marker. Such an answer counts like any other: a refusal ends the
/// upload at once; after a success the rest of the stream is read, since it may still end with an error. The
/// engine may be silent once it has everything, for as long as it answers pings.
pub(crate) async fn upload<S, E>(
    transport: &Transport,
    request: Upload<'_>,
    tar: S,
    on_line: &mut (dyn FnMut(Line) -> Result<(), Failure> + Send),
) -> Result<(), Failure>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<BoxError>,
{
    let flow = Flow::default();
    let exchange = async {
        let (sender, pieces) = mpsc::channel(PIECES);
        let body = UploadBody { pieces, has_ended: false };
        // The answer may come before or after the stream's end is noticed, and a stream need not stand to be polled after it.
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
async fn send<S, E>(mut tar: Pin<&mut S>, sender: mpsc::Sender<Piece>) -> Result<(), Failure>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    while let Some(item) = tar.next().await {
        let bytes = item.map_err(|error| Failure::Upload { source: error.into() })?;
        // Why the connection takes no more is in the answer.
        if !bytes.is_empty() && sender.send(Piece::Data(bytes)).await.is_err() {
            return Ok(());
        }
    }
    let _ = sender.send(Piece::End).await;
    Ok(())
}

async fn receive_answer(
    transport: &Transport,
    Upload { path, registries, answer_limit }: Upload<'_>,
    body: UploadBody,
    flow: &Flow,
    on_line: &mut (dyn FnMut(Line) -> Result<(), Failure> + Send),
) -> Result<(), Failure> {
    let mut request = post(body);
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn frames(pieces: Vec<Piece>) -> Vec<Result<Bytes, String>> {
        let (sender, receiver) = mpsc::channel(8);
        for piece in pieces {
            assert!(sender.try_send(piece).is_ok());
        }
        drop(sender);
        let mut body = UploadBody { pieces: receiver, has_ended: false };
        let mut frames = Vec::new();
        while let Some(frame) = body.frame().await {
            let is_last = frame.is_err();
            frames.push(match frame {
                Ok(frame) => Ok(frame.into_data().unwrap()),
                Err(error) => Err(error.to_string()),
            });
            if is_last {
                break;
            }
        }
        frames
    }

    #[tokio::test]
    async fn a_body_ends_properly_only_where_it_is_told_to() {
        let data = Bytes::from_static(b"tar");
        let told = frames(vec![Piece::Data(data.clone()), Piece::End]).await;
        assert_eq!(told, [Ok(data.clone())]);
        let given_up = frames(vec![Piece::Data(data.clone())]).await;
        assert_eq!(given_up, [Ok(data), Err("the upload was broken off".to_owned())]);
    }
}
