//! The byte stream below HTTP.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::discover::address::Address;
use crate::discover::endpoint::Endpoint;
use crate::wire::flow::Flow;
use crate::wire::meter::Meter;
use crate::wire::ssh::{Destination, SshEnded, SshStream};

/// A connection to an engine, on which an answer can be read even after the engine has stopped
/// reading.
///
/// An engine that refuses an upload answers early and closes its side. The next write then fails. A
/// client that stops there never reads the message of the refusal, although it has arrived.
/// Therefore a write to a closed connection stays pending, and reading continues to the end of the
/// answer.
pub(crate) struct Socket {
    stream: Box<dyn ByteStream>,
    refuses_writes: bool,
    close_reason: CloseReasonCell,
    flow: Flow,
    meter: Meter,
}

trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// The cell that receives the reason why a connection ended.
pub(crate) type CloseReasonCell = Arc<OnceLock<CloseReason>>;

/// The reason why a connection ended, if it is known from ssh or TLS.
#[derive(Debug, Clone)]
pub(crate) enum CloseReason {
    Ssh(SshEnded),
    #[cfg(feature = "tls")]
    Tls(rustls::Error),
}

impl Socket {
    /// Connects to an engine. The time limit is passed on to ssh.
    pub(crate) async fn connect(
        endpoint: &Endpoint,
        limit: Duration,
        flow: Flow,
    ) -> io::Result<Self> {
        let stream: Box<dyn ByteStream> = match &endpoint.address {
            Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
            Address::Tcp { host, port } | Address::Https { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                encrypt(stream, endpoint).await?
            }
            Address::Ssh { user, host, port, socket } => {
                let destination = Destination {
                    user: user.as_deref(),
                    host,
                    port: *port,
                    socket: socket.as_deref(),
                };
                Box::new(SshStream::connect(&endpoint.ssh_program, destination, limit)?)
            }
        };
        let (close_reason, meter) = (CloseReasonCell::default(), Meter::default());
        Ok(Self { stream, refuses_writes: false, close_reason, flow, meter })
    }

    /// Returns the cell that receives the reason why this connection ended.
    pub(crate) fn close_reason(&self) -> CloseReasonCell {
        Arc::clone(&self.close_reason)
    }

    /// Returns the meter that counts the bytes that arrive.
    pub(crate) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Records the result of a write, and whether bytes move.
    fn note_write(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let Poll::Ready(result) = written else {
            self.flow.waits();
            return Poll::Pending;
        };
        match result {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
                ) =>
            {
                self.refuses_writes = true;
                self.flow.waits();
                // No waker is needed: the end of the reading side ends the connection.
                Poll::Pending
            }
            result => {
                self.flow.wrote(result.as_ref().copied().unwrap_or(0));
                Poll::Ready(result)
            }
        }
    }
}

#[cfg(feature = "tls")]
async fn encrypt(stream: TcpStream, endpoint: &Endpoint) -> io::Result<Box<dyn ByteStream>> {
    Ok(match (&endpoint.tls, &endpoint.address) {
        (Some(tls), _) => Box::new(tls.value.client.connect(stream).await?),
        (None, Address::Https { .. }) => return Err(no_tls()),
        (None, _) => Box::new(stream),
    })
}

#[cfg(not(feature = "tls"))]
async fn encrypt(stream: TcpStream, endpoint: &Endpoint) -> io::Result<Box<dyn ByteStream>> {
    match (&endpoint.tls, &endpoint.address) {
        (Some(_), _) | (_, Address::Https { .. }) => Err(no_tls()),
        (None, _) => Ok(Box::new(stream)),
    }
}

/// Returns the error for an endpoint that the caller built. An endpoint that was resolved always
/// has certificates.
fn no_tls() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "there are no certificates for TLS")
}

impl CloseReason {
    /// Returns the reason that an error of a connection contains.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        #[cfg(feature = "tls")]
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return Some(Self::Tls(error.clone()));
        }
        inner.downcast_ref::<SshEnded>().cloned().map(Self::Ssh)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        self.flow.read();
        let read = read.and_then(|()| self.meter.count(buf.filled().len() - before));
        if let Some(cause) = read.as_ref().err().and_then(CloseReason::of) {
            // The first reason is kept.
            let _ = self.close_reason.set(cause);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.refuses_writes {
            return Poll::Pending;
        }
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note_write(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.refuses_writes {
            return Poll::Pending;
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note_write(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        match &flushed {
            // TLS buffers written bytes until they are flushed.
            Poll::Pending => self.flow.waits(),
            Poll::Ready(_) if !self.refuses_writes => self.flow.wrote(0),
            Poll::Ready(_) => {}
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.refuses_writes {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;

    use super::*;

    #[tokio::test]
    async fn an_answer_can_be_read_after_a_write_to_a_closed_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let endpoint =
            Endpoint::new(Address::Unix(path), crate::discover::setting::SettingSource::Default);
        let mut socket = Socket::connect(&endpoint, Duration::MAX, Flow::default()).await.unwrap();
        let (mut other, _) = listener.accept().await.unwrap();
        other.write_all(b"refused").await.unwrap();
        drop(other);
        // The write neither fails nor succeeds.
        let write = socket.write_all(&[0; 4096]);
        assert!(tokio::time::timeout(Duration::from_millis(10), write).await.is_err());
        let mut said = String::new();
        socket.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "refused");
        socket.shutdown().await.unwrap();
    }
}
