//! The bodies of responses.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinHandle};

use crate::pieces::Pieces;

/// The limits of concurrent reading, which bound the memory of threads and buffers.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    /// A permit for each request that is looked up. These permits are separate because a lookup can
    /// wait until the index of an archive is read, which must not block running responses.
    lookups: Arc<Semaphore>,
    /// A permit for each thread that reads.
    threads: Arc<Semaphore>,
    /// A permit for each piece that is read before its connection asks for it.
    ahead: Arc<Semaphore>,
}

impl Default for Readers {
    fn default() -> Self {
        let permits = |count| Arc::new(Semaphore::new(count));
        Self { lookups: permits(16), threads: permits(32), ahead: permits(16) }
    }
}

/// The permits for reading a piece.
struct Permits {
    thread: OwnedSemaphorePermit,
    ahead: Option<OwnedSemaphorePermit>,
}

impl Readers {
    /// Runs a lookup on a blocking thread.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        find: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.lookups).acquire_owned().await.ok();
        let found = tokio::task::spawn_blocking(find).await;
        drop(permit);
        found
    }

    /// Returns the permits to read a piece ahead, if any are left.
    fn permits_ahead(&self) -> Option<Permits> {
        let ahead = Arc::clone(&self.ahead).try_acquire_owned().ok()?;
        let thread = Arc::clone(&self.threads).try_acquire_owned().ok()?;
        Some(Permits { thread, ahead: Some(ahead) })
    }
}

/// The body of a response: bytes in memory, or bytes that are read while they are sent.
pub(crate) struct Body {
    source: BodySource,
    left: u64,
    sent: u64,
    on_end: OnEnd,
}

/// The function that is called with the number of sent bytes when the body is dropped.
#[derive(Default)]
struct OnEnd(Option<Box<dyn FnOnce(u64) + Send>>);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("left", &self.left).finish_non_exhaustive()
    }
}

enum BodySource {
    Memory(Bytes),
    Pieces(Readers, Turn),
}

/// The state of the next piece.
///
/// A connection that asks for a piece moves `Idle` to `Waiting` until a thread is free, and then to
/// `Reading`. When a piece is delivered and permits for reading ahead are left, the next one is
/// read immediately, before the connection asks for it.
enum Turn {
    /// The connection has not asked for the piece.
    Idle(Box<dyn Pieces>),
    /// The piece waits for a thread.
    Waiting(Box<dyn Pieces>, Acquire),
    /// A thread reads the piece. The permit is present if it is read ahead.
    Reading(JoinHandle<(Box<dyn Pieces>, io::Result<Bytes>)>, Option<OwnedSemaphorePermit>),
    /// The last piece was read, or reading failed.
    Ended,
}

type Acquire = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

impl Body {
    /// Creates an empty body.
    pub(crate) fn empty() -> Self {
        Self::bytes(Bytes::new())
    }

    /// Creates a body from bytes in memory.
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(bytes.len() as u64, BodySource::Memory(bytes))
    }

    fn new(left: u64, source: BodySource) -> Self {
        Self { source, left, sent: 0, on_end: OnEnd::default() }
    }

    /// Creates a body of `size` bytes that are read while they are sent.
    ///
    /// A thread reads a piece when the connection asks for it, so slow clients do not occupy
    /// threads. While permits are left, pieces are read ahead. A read error closes the connection,
    /// so that the client notices the missing bytes.
    pub(crate) fn read(size: u64, readers: &Readers, pieces: impl Pieces) -> Self {
        let turn = Turn::Idle(Box::new(pieces));
        Self::new(size, BodySource::Pieces(readers.clone(), turn))
    }

    /// Sets a function that is called with the number of sent bytes when the body is dropped.
    #[must_use]
    pub(crate) fn with_on_end(mut self, on_end: impl FnOnce(u64) + Send + 'static) -> Self {
        self.on_end = OnEnd(Some(Box::new(on_end)));
        self
    }

    /// Returns the number of bytes that are not sent yet.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl Turn {
    /// Starts to read a piece on a blocking thread.
    fn begin(mut pieces: Box<dyn Pieces>, limit: u64, permits: Permits) -> Self {
        let Permits { thread, ahead } = permits;
        let reading = tokio::task::spawn_blocking(move || {
            let piece = pieces.read(limit);
            drop(thread);
            (pieces, piece)
        });
        Self::Reading(reading, ahead)
    }

    /// Polls for the next piece of at most `left` bytes.
    fn poll(
        &mut self,
        readers: &Readers,
        left: u64,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Bytes>> {
        loop {
            match std::mem::replace(self, Self::Ended) {
                Self::Idle(mut pieces) => {
                    if let Some(piece) = pieces.read_at_once(left) {
                        *self = Self::Idle(pieces);
                        return Poll::Ready(Ok(piece));
                    }
                    *self = Self::Waiting(
                        pieces,
                        Box::pin(Arc::clone(&readers.threads).acquire_owned()),
                    );
                }
                Self::Waiting(pieces, mut permit) => match permit.as_mut().poll(context) {
                    Poll::Ready(Ok(thread)) => {
                        *self = Self::begin(pieces, left, Permits { thread, ahead: None });
                    }
                    // The semaphore is never closed.
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                    Poll::Pending => {
                        *self = Self::Waiting(pieces, permit);
                        return Poll::Pending;
                    }
                },
                Self::Reading(mut reading, ahead) => match Pin::new(&mut reading).poll(context) {
                    Poll::Ready(Ok((pieces, Ok(piece)))) => {
                        drop(ahead);
                        let left = left.saturating_sub(piece.len() as u64);
                        *self = match readers.permits_ahead() {
                            Some(permits) if left > 0 => Self::begin(pieces, left, permits),
                            _ => Self::Idle(pieces),
                        };
                        return Poll::Ready(Ok(piece));
                    }
                    Poll::Ready(Ok((_, Err(error)))) => return Poll::Ready(Err(error)),
                    // The thread panicked, or the runtime is shutting down.
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                    Poll::Pending => {
                        *self = Self::Reading(reading, ahead);
                        return Poll::Pending;
                    }
                },
                Self::Ended => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            }
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = &mut *self;
        if body.left == 0 {
            return Poll::Ready(None);
        }
        let piece = match &mut body.source {
            BodySource::Memory(bytes) => std::mem::take(bytes),
            BodySource::Pieces(readers, turn) => {
                match ready!(turn.poll(readers, body.left, context)) {
                    Ok(piece) => piece,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
        };
        body.left = body.left.saturating_sub(piece.len() as u64);
        body.sent += piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(on_end) = self.on_end.0.take() {
            on_end(self.sent);
        }
    }
}
