//! Bodies of answers.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// How many bytes are read at a time. A few pieces of each answer are in memory.
const PIECE: usize = 64 << 10;

/// The body of an answer: bytes in memory, or what a thread reads while it is sent.
#[derive(Debug)]
pub(crate) struct Body {
    source: BodySource,
    left: u64,
    sent: u64,
    on_end: OnEnd,
}

/// What is called with the number of bytes that were sent, when the body is dropped.
#[derive(Default)]
struct OnEnd(Option<Box<dyn FnOnce(u64) + Send>>);

impl std::fmt::Debug for OnEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnEnd")
    }
}

#[derive(Debug)]
enum BodySource {
    Memory(Bytes),
    Read(mpsc::Receiver<io::Result<Bytes>>),
}

impl Body {
    /// Creates the body of an answer that has none.
    pub(crate) fn empty() -> Self {
        Self::bytes(Bytes::new())
    }

    /// Creates a body of bytes in memory.
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(bytes.len() as u64, BodySource::Memory(bytes))
    }

    fn new(left: u64, source: BodySource) -> Self {
        Self { source, left, sent: 0, on_end: OnEnd::default() }
    }

    /// Creates a body of `size` bytes that a thread reads. It reads ahead by a piece, and stops when
    /// the body is dropped.
    ///
    /// `send` gets a function that takes a reader of exactly these bytes; an error that it returns
    /// ends the connection, so that the client sees that bytes are missing.
    pub(crate) fn read(
        size: u64,
        permit: OwnedSemaphorePermit,
        send: impl FnOnce(&Sender) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        tokio::task::spawn_blocking(move || {
            let sender = Sender(sender);
            if let Err(error) = send(&sender) {
                let _ = sender.0.blocking_send(Err(error));
            }
            drop(permit);
        });
        Self::new(size, BodySource::Read(receiver))
    }

    /// Calls a function with the number of bytes that were passed on, when the body is dropped.
    #[must_use]
    pub(crate) fn with_on_end(mut self, on_end: impl FnOnce(u64) + Send + 'static) -> Self {
        self.on_end = OnEnd(Some(Box::new(on_end)));
        self
    }

    /// Returns how many bytes are left.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

/// The end of a body into which its bytes are put.
pub(crate) struct Sender(mpsc::Sender<io::Result<Bytes>>);

impl Sender {
    /// Sends what a reader reads, up to `size` bytes.
    ///
    /// # Errors
    ///
    /// If reading fails. That nobody receives the bytes any more is no error.
    pub(crate) fn send(&self, reader: &mut impl Read, size: u64) -> io::Result<()> {
        let mut left = size;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
            let mut piece = Vec::with_capacity(wanted);
            reader.by_ref().take(wanted as u64).read_to_end(&mut piece)?;
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left -= piece.len() as u64;
            if self.0.blocking_send(Ok(piece.into())).is_err() {
                return Ok(());
            }
        }
        Ok(())
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
            BodySource::Read(receiver) => match ready!(receiver.poll_recv(context)) {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                // The thread has panicked, or the runtime shuts down.
                None => return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            },
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
