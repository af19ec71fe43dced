//! Saves an image, as a stream of bytes.
//!
//! This call does not use bollard: its `export_image` has no option for a platform, accepts an
//! answer whose end cannot be distinguished from an interruption, and has no limit for a silent
//! engine.

use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body as _, Incoming};
use hyper::{Request, Response, header};
use sealift_oci::Platform;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf};

use crate::api::engine::Engine;
use crate::api::platform;
use crate::api::query::Query;
use crate::api::reference::checked;
use crate::error::{Error, Operation};
use crate::failure::Failure;
use crate::wire::connection::ActiveConnection;
use crate::wire::transport::{Transport, nothing};

impl Engine {
    /// Requests an image as an archive. The reference should be `name:tag`: an archive that is
    /// requested by id contains no names.
    ///
    /// If the image exists for several platforms, the archive contains all that the engine has, or
    /// only `platform`. Engines that do not [list](crate::EngineImage::manifests) manifests ignore
    /// the platform.
    ///
    /// The call waits for the head of the engine's answer, but not for the archive: classic stores
    /// prepare the complete archive before they send its first byte.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection, and the engine stops the save.
    pub async fn save(
        &self,
        reference: &str,
        platform: Option<&Platform>,
    ) -> Result<SaveStream, Error> {
        let operation = self.operation(format!("save `{reference}` from"), Some(reference));
        let opened = self.transport.while_alive(async {
            let mut query = Query::default();
            query.add_some("platform", platform.map(platform::to_json).as_deref());
            let path = query.on(&format!("/images/{}/get", checked(reference)?));
            let (response, active) = self.transport.send(Request::new(nothing()), &path).await?;
            Ok((self.transport.accept(response).await?, active))
        });
        let (response, active) = opened.await.map_err(|failure| operation.fail(failure))?;
        SaveStream::new(Arc::clone(&self.transport), response, active, operation)
    }

    /// Saves an image into a file and returns the number of bytes. The reference should be
    /// `name:tag`.
    ///
    /// An existing file is replaced. The bytes are **not verified**: an engine can send a damaged
    /// archive and end the answer properly. The crate `sealift-workflow` saves verified archives
    /// into a folder.
    ///
    /// # Errors
    ///
    /// On any failure the incomplete file is removed. If the file cannot be written, the error is
    /// an [`ErrorKind::File`](crate::ErrorKind::File).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection and leaves an incomplete file.
    pub async fn save_to(
        &self,
        reference: &str,
        platform: Option<&Platform>,
        path: impl AsRef<Path>,
    ) -> Result<u64, Error> {
        let path = path.as_ref();
        let mut stream = self.save(reference, platform).await?;
        let operation = stream.operation.clone();
        let fail = |source| {
            operation.fail(Failure::File { action: "write", path: path.to_owned(), source })
        };
        let mut file = File::create(path).await.map_err(fail)?;
        let written = async {
            while let Some(bytes) = stream.next_chunk().await? {
                file.write_all(&bytes).await.map_err(fail)?;
            }
            file.sync_all().await.map_err(fail)
        };
        if let Err(error) = written.await {
            // The first error is the one to report, so an error of the removal is ignored.
            let _ = tokio::fs::remove_file(path).await;
            return Err(error);
        }
        Ok(stream.received)
    }
}

/// The bytes of an archive, as the engine sends them.
///
/// The stream ends without an error only if the engine ended its answer properly; an interrupted
/// connection is an error. The bytes themselves are not verified. After an error nothing more can
/// be read.
///
/// It implements [`Stream`] of [`Bytes`] and [`AsyncRead`]; [`next_chunk`](Self::next_chunk) needs
/// neither trait. Dropping it closes the connection.
#[must_use = "dropping the stream ends the save"]
pub struct SaveStream {
    transport: Arc<Transport>,
    body: Incoming,
    _active: ActiveConnection,
    operation: Operation,
    received: u64,
    state: SaveState,
    /// A future that watches the engine while no bytes arrive. It resolves to the reason to give
    /// up.
    silence: Option<Pin<Box<dyn Future<Output = Failure> + Send>>>,
    /// Bytes that [`AsyncRead`] has received and not returned yet.
    unread: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SaveState {
    Flowing,
    Ended,
    Failed,
}

impl SaveStream {
    fn new(
        transport: Arc<Transport>,
        response: Response<Incoming>,
        active: ActiveConnection,
        operation: Operation,
    ) -> Result<Self, Error> {
        if !has_provable_end(&response) {
            let reason = "it has no length, so a complete answer cannot be distinguished from an interrupted one";
            return Err(operation.fail(Failure::unintelligible(reason, None)));
        }
        Ok(Self {
            transport,
            body: response.into_body(),
            _active: active,
            operation,
            received: 0,
            state: SaveState::Flowing,
            silence: None,
            unread: Bytes::new(),
        })
    }

    /// Returns the next bytes, or `None` after the engine has ended its answer properly.
    ///
    /// # Errors
    ///
    /// An interrupted connection is an error, and so is a silence that is longer than
    /// [`Timeouts::idle`](crate::Timeouts::idle). Before the first byte, the call waits while the
    /// engine answers pings.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: if the future is dropped, no bytes are lost.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Returns the number of bytes that have been received.
    pub fn received(&self) -> u64 {
        self.received
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        if !self.unread.is_empty() {
            return Poll::Ready(Ok(Some(std::mem::take(&mut self.unread))));
        }
        let next = match self.state {
            SaveState::Flowing => ready!(self.poll_body(cx)),
            SaveState::Ended => Ok(None),
            SaveState::Failed => {
                let source = io::Error::other("the stream was read again after an error");
                Err(Failure::Broken { after: self.received, source: source.into() })
            }
        };
        match &next {
            Ok(Some(bytes)) => self.received += bytes.len() as u64,
            Ok(None) => self.state = SaveState::Ended,
            Err(_) => self.state = SaveState::Failed,
        }
        self.silence = None;
        Poll::Ready(next.map_err(|failure| self.operation.fail(failure)))
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        let after = self.received;
        while let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            let broken = |error: hyper::Error| Failure::Broken { after, source: error.into() };
            let Some(frame) = frame.transpose().map_err(broken)? else {
                return Poll::Ready(Ok(None));
            };
            match frame.into_data() {
                Ok(bytes) if !bytes.is_empty() => return Poll::Ready(Ok(Some(bytes))),
                // Trailers and empty frames contain no data.
                _ => {}
            }
        }
        let transport = &self.transport;
        let silence = self
            .silence
            .get_or_insert_with(|| Box::pin(outlast_silence(Arc::clone(transport), after)));
        silence.as_mut().poll(cx).map(Err)
    }
}

/// Waits for as long as the engine is allowed to be silent, and returns the failure after that.
async fn outlast_silence(transport: Arc<Transport>, after: u64) -> Failure {
    if after == 0 {
        // Only an unanswered ping ends this wait.
        let never = std::future::pending::<Result<Failure, Failure>>();
        return transport.while_alive(never).await.unwrap_or_else(|failure| failure);
    }
    let limit = transport.timeouts.idle;
    tokio::time::sleep(limit).await;
    Failure::Idle { limit, after }
}

impl Stream for SaveStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        // By convention, a stream ends after its first error.
        if this.state == SaveState::Failed {
            return Poll::Ready(None);
        }
        this.poll_chunk(cx).map(Result::transpose)
    }
}

impl AsyncRead for SaveStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let next = ready!(this.poll_chunk(cx)).map_err(io::Error::other)?;
        if let Some(mut bytes) = next {
            let count = bytes.len().min(buf.remaining());
            buf.put_slice(&bytes.split_to(count));
            this.unread = bytes;
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for SaveStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveStream")
            .field("operation", &self.operation)
            .field("received", &self.received)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Returns `true` if the end of the answer can be recognized. An answer without a length ends with
/// the connection, so a complete one looks like an interrupted one.
fn has_provable_end(response: &Response<Incoming>) -> bool {
    response.headers().contains_key(header::TRANSFER_ENCODING)
        || response.body().size_hint().exact().is_some()
}
