//! A save, as it comes from the engine.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::{Response, header};

use crate::error::Error;
use crate::error::Operation;
use crate::failure::Failure;
use crate::wire::transport::{Line, Transport};

/// The bytes of an archive, as the engine sends them. Dropping it closes the connection.
#[derive(Debug)]
pub struct SaveStream {
    transport: Arc<Transport>,
    body: Incoming,
    _line: Line,
    operation: Operation,
    received: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Flowing,
    Ended,
    Failed,
}

impl SaveStream {
    pub(crate) fn new(
        transport: Arc<Transport>,
        response: Response<Incoming>,
        line: Line,
        operation: Operation,
    ) -> Result<Self, Error> {
        if !has_provable_end(&response) {
            let reason = "it has no length, so nobody could tell its end from a break";
            return Err(operation.fail(Failure::unintelligible(reason, None)));
        }
        let body = response.into_body();
        Ok(Self { transport, body, _line: line, operation, received: 0, state: State::Flowing })
    }

    /// Gives the next bytes; none only when the engine ended the answer as it should. Whether what came is
    /// a whole archive, nothing here tells.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: if the future is dropped, no bytes are lost.
    ///
    /// # Errors
    ///
    /// If the connection breaks off; if no bytes come for longer than
    /// [`Timeouts::idle`](crate::Timeouts::idle); before the first byte, if the engine answers no pings.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let next = match self.state {
            State::Flowing => self.next().await,
            State::Ended => Ok(None),
            State::Failed => {
                let source = io::Error::other("it was read on after an error");
                Err(Failure::Broken { after: self.received, source: source.into() })
            }
        };
        match &next {
            Ok(Some(_)) => {}
            Ok(None) => self.state = State::Ended,
            Err(_) => self.state = State::Failed,
        }
        next.map_err(|failure| self.operation.fail(failure))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let after = self.received;
        let limit = self.transport.timeouts.idle;
        loop {
            let body = &mut self.body;
            let frame = async {
                let frame = body.frame().await.transpose();
                frame.map_err(|error| Failure::Broken { after, source: error.into() })
            };
            let frame = if after == 0 {
                self.transport.while_alive(frame).await?
            } else {
                let in_time = tokio::time::timeout(limit, frame).await;
                in_time.unwrap_or(Err(Failure::Idle { limit, after }))?
            };
            let Some(frame) = frame else { return Ok(None) };
            match frame.into_data() {
                Ok(bytes) if !bytes.is_empty() => {
                    self.received += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                // Trailers and empty pieces say nothing.
                _ => {}
            }
        }
    }
}

/// An answer without a length ends when the connection does, for whatever reason that is.
fn has_provable_end(response: &Response<Incoming>) -> bool {
    response.headers().contains_key(header::TRANSFER_ENCODING)
        || response.body().size_hint().exact().is_some()
}
