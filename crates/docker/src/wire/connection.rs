//! An HTTP connection, which is kept for the next request if opening a new one would be slow.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use crate::failure::BoxError;
use crate::wire::limits;
use crate::wire::meter::Meter;
use crate::wire::socket::{CloseReasonCell, Socket};

/// The time for which an idle connection is kept. An older one may have been cut by a device on the
/// way, without any notice.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// The body of any request.
pub(crate) type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

/// An HTTP connection. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<AnyBody>,
    pub(crate) close_reason: CloseReasonCell,
    meter: Meter,
    task: JoinHandle<()>,
}

impl Connection {
    pub(crate) async fn over(socket: Socket) -> hyper::Result<Self> {
        let (close_reason, meter) = (socket.close_reason(), socket.meter());
        let mut builder = Builder::new();
        builder.max_buf_size(usize::try_from(limits::HEAD).unwrap_or(usize::MAX));
        let (sender, connection) = builder.handshake(TokioIo::new(socket)).await?;
        let task = tokio::spawn(async move {
            // The request on the connection receives the error that ends the connection.
            let _ = connection.with_upgrades().await;
        });
        Ok(Self { sender, close_reason, meter, task })
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<AnyBody>,
    ) -> hyper::Result<Response<Incoming>> {
        self.meter.begin(request.extensions().get().copied());
        self.sender.send_request(request).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The slot of a connection that waits for the next request.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdleConnection(Arc<Mutex<Option<(Connection, Instant)>>>);

impl IdleConnection {
    /// Removes and returns the connection, if there is one that is likely to be usable.
    pub(crate) fn take(&self) -> Option<Connection> {
        let (connection, since) = self.lock().take()?;
        let is_good = since.elapsed() < KEPT_FOR && connection.sender.is_ready();
        is_good.then_some(connection)
    }

    fn put(&self, connection: Connection) {
        *self.lock() = Some((connection, Instant::now()));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Connection, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection with a request on it, which is open while this value exists.
#[derive(Debug)]
pub(crate) struct ActiveConnection {
    connection: Option<Connection>,
    /// The slot that receives the connection after the complete answer was read.
    idle: Option<IdleConnection>,
}

impl ActiveConnection {
    pub(crate) fn new(connection: Connection, idle: Option<IdleConnection>) -> Self {
        Self { connection: Some(connection), idle }
    }
}

impl Drop for ActiveConnection {
    fn drop(&mut self) {
        let connection = self.connection.take();
        // The sender is ready again only after the complete request was sent and the complete
        // answer was received.
        let idle = connection.filter(|connection| connection.sender.is_ready());
        if let (Some(connection), Some(idle)) = (idle, &self.idle) {
            idle.put(connection);
        }
    }
}
