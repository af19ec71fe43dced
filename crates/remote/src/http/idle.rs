//! Connections that fail if no data moves.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::http::failure::Silence;

pub(super) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// A connection that fails if no data is sent or received for too long while a reader or writer
/// waits.
///
/// A server that refuses an upload answers early and closes its side. The next write then fails. A
/// client that stops there never reads the answer, although it has arrived. Therefore a write to a
/// closed connection stays pending, and reading continues.
pub(super) struct WatchedStream {
    stream: Box<dyn ByteStream>,
    is_proxied: bool,
    limit: Duration,
    /// The end of the wait, which is set when the wait begins.
    deadline: Pin<Box<Sleep>>,
    reads: bool,
    writes: bool,
    refuses_writes: bool,
}

impl WatchedStream {
    /// Watches a stream. If `is_proxied`, requests contain the complete URL, as a proxy requires.
    pub(super) fn new(stream: Box<dyn ByteStream>, is_proxied: bool, limit: Duration) -> Self {
        let deadline = Box::pin(tokio::time::sleep(limit));
        Self {
            stream,
            is_proxied,
            limit,
            deadline,
            reads: false,
            writes: false,
            refuses_writes: false,
        }
    }

    /// Records that a read or a write waits. Data in one direction restarts the time limit of both.
    fn wait(&mut self, was_waiting: bool, cx: &mut Context<'_>) -> Poll<io::Error> {
        if !was_waiting {
            self.restart();
        }
        self.deadline.as_mut().poll(cx).map(|()| {
            self.restart();
            io::Error::new(io::ErrorKind::TimedOut, Silence(self.limit))
        })
    }

    fn restart(&mut self) {
        self.deadline.as_mut().reset(Instant::now() + self.limit);
    }

    fn note_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        use io::ErrorKind::{BrokenPipe, ConnectionReset};
        match written {
            Poll::Ready(Err(error)) if matches!(error.kind(), BrokenPipe | ConnectionReset) => {
                self.refuses_writes = true;
            }
            Poll::Ready(result) => {
                self.writes = false;
                self.restart();
                return Poll::Ready(result);
            }
            Poll::Pending => {}
        }
        let was_waiting = std::mem::replace(&mut self.writes, true) || self.reads;
        self.wait(was_waiting, cx).map(Err)
    }
}

impl Connection for WatchedStream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.is_proxied)
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(result) => {
                self.reads = false;
                self.restart();
                Poll::Ready(result)
            }
            Poll::Pending => {
                let was_waiting = std::mem::replace(&mut self.reads, true) || self.writes;
                self.wait(was_waiting, cx).map(Err)
            }
        }
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match self.refuses_writes {
            true => Poll::Pending,
            false => Pin::new(&mut self.stream).poll_write(cx, buf),
        };
        self.note_write(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match self.refuses_writes {
            true => Poll::Pending,
            false => Pin::new(&mut self.stream).poll_write_vectored(cx, bufs),
        };
        self.note_write(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.refuses_writes {
            return Poll::Ready(Ok(()));
        }
        let flushed = Pin::new(&mut self.stream).poll_flush(cx).map_ok(|()| 0);
        self.note_write(flushed, cx).map_ok(|_| ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(30);

    #[tokio::test]
    async fn only_a_wait_counts_as_silence() {
        let (mut server, stream) = tokio::io::duplex(1);
        let mut watched = WatchedStream::new(Box::new(stream), false, LIMIT);
        server.write_all(b"a").await.unwrap();
        watched.read_u8().await.unwrap();
        // There is no reader for longer than the limit.
        tokio::time::sleep(LIMIT * 2).await;
        let mut read = std::pin::pin!(watched.read_u8());
        assert!(poll!(&mut read).is_pending(), "the wait begins only now");
        let error = read.await.unwrap_err();
        assert_eq!(error.to_string(), "no data was sent or received for 0.03 s");
    }

    #[tokio::test]
    async fn an_answer_is_read_after_the_other_side_stopped_reading() {
        let (mut server, stream) = tokio::io::duplex(8);
        let mut watched = WatchedStream::new(Box::new(stream), false, LIMIT);
        server.write_all(b"no").await.unwrap();
        drop(server);
        let mut write = std::pin::pin!(watched.write_all(b"upload"));
        assert!(poll!(&mut write).is_pending());
        let mut answer = Vec::new();
        watched.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"no");
    }
}
