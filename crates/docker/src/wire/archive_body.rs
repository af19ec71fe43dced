//! The bytes of an archive that is sent to an engine.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

/// Creates a body for [`Engine::load`](crate::Engine::load) whose bytes come from another task or
/// thread, such as one that reads a file. At most `capacity` pieces wait for the engine.
///
/// The body ends without an error only after [`ArchiveSender::finish`]. If the sender is dropped
/// before that, the body ends with an error, so that the engine never takes an incomplete archive
/// for a complete one.
///
/// ```
/// use std::io::BufRead as _;
///
/// use bytes::Bytes;
/// use sealift_docker::{Engine, Error, Loaded, archive_body};
///
/// # async fn example(engine: &Engine, file: std::fs::File) -> Result<Loaded, Error> {
/// let (sender, body) = archive_body(4);
/// std::thread::spawn(move || {
///     let mut reader = std::io::BufReader::with_capacity(64 << 10, file);
///     loop {
///         let bytes = Bytes::copy_from_slice(reader.fill_buf()?);
///         if bytes.is_empty() || sender.blocking_send(bytes.clone()).is_err() {
///             break;
///         }
///         reader.consume(bytes.len());
///     }
///     // Not reached after an error, so that the engine refuses the incomplete archive.
///     sender.blocking_finish();
///     Ok::<(), std::io::Error>(())
/// });
/// engine.load(body).await
/// # }
/// ```
///
/// # Panics
///
/// Panics if `capacity` is 0.
pub fn archive_body(capacity: usize) -> (ArchiveSender, ArchiveBody) {
    let (sender, pieces) = mpsc::channel(capacity);
    (ArchiveSender { pieces: sender }, ArchiveBody { pieces, has_ended: false })
}

/// The sending side of an [`ArchiveBody`].
#[derive(Debug)]
#[must_use = "dropping the sender interrupts the upload"]
pub struct ArchiveSender {
    pieces: mpsc::Sender<Piece>,
}

/// A stream of the bytes of an archive, which ends only when its sender is finished.
#[derive(Debug)]
#[must_use = "a body does nothing unless it is loaded"]
pub struct ArchiveBody {
    pieces: mpsc::Receiver<Piece>,
    has_ended: bool,
}

#[derive(Debug)]
enum Piece {
    Data(Bytes),
    End,
}

/// The error of a body whose sender was dropped before it was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the archive was not sent completely")]
#[non_exhaustive]
pub struct BrokenOff;

/// The error of a sender whose body is no longer read, because the engine has answered or the call
/// was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the archive is no longer being read")]
#[non_exhaustive]
pub struct BodyClosed;

impl ArchiveSender {
    /// Sends bytes, and waits while `capacity` pieces are waiting for the engine. Empty pieces are
    /// ignored.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the bytes may be lost, so the archive must not be finished.
    pub async fn send(&self, bytes: Bytes) -> Result<(), BodyClosed> {
        match bytes.is_empty() {
            true => Ok(()),
            false => self.pieces.send(Piece::Data(bytes)).await.map_err(|_| BodyClosed),
        }
    }

    /// Sends bytes like [`send`](Self::send), from a thread that can block.
    ///
    /// # Panics
    ///
    /// Panics if it is called within an asynchronous task.
    pub fn blocking_send(&self, bytes: Bytes) -> Result<(), BodyClosed> {
        match bytes.is_empty() {
            true => Ok(()),
            false => self.pieces.blocking_send(Piece::Data(bytes)).map_err(|_| BodyClosed),
        }
    }

    /// Ends the archive properly.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the body ends with an error.
    pub async fn finish(self) {
        // If the body is no longer read, its end does not matter either.
        let _ = self.pieces.send(Piece::End).await;
    }

    /// Ends the archive properly, from a thread that can block.
    ///
    /// # Panics
    ///
    /// Panics if it is called within an asynchronous task.
    pub fn blocking_finish(self) {
        let _ = self.pieces.blocking_send(Piece::End);
    }
}

impl Stream for ArchiveBody {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(self.pieces.poll_recv(cx)) {
            Some(Piece::Data(bytes)) => Some(Ok(bytes)),
            Some(Piece::End) => {
                self.has_ended = true;
                None
            }
            // Every further read also returns the error, so that it is never taken for the end.
            None => Some(Err(BrokenOff)),
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_ends_without_an_error_only_if_its_sender_is_finished() {
        let data = Bytes::from_static(b"tar");
        let (sender, mut body) = archive_body(2);
        sender.send(Bytes::new()).await.unwrap();
        sender.send(data.clone()).await.unwrap();
        sender.finish().await;
        assert_eq!(body.next().await, Some(Ok(data.clone())));
        assert_eq!(body.next().await, None);
        assert_eq!(body.next().await, None);
        let (sender, mut body) = archive_body(2);
        sender.send(data.clone()).await.unwrap();
        drop(sender);
        assert_eq!(body.next().await, Some(Ok(data)));
        assert_eq!(body.next().await, Some(Err(BrokenOff)));
        assert_eq!(body.next().await, Some(Err(BrokenOff)));
        assert_eq!(BrokenOff.to_string(), "the archive was not sent completely");
    }

    #[tokio::test]
    async fn sending_to_a_dropped_body_is_an_error() {
        let (sender, body) = archive_body(1);
        drop(body);
        assert_eq!(sender.send(Bytes::from_static(b"tar")).await, Err(BodyClosed));
        sender.finish().await;
    }
}
