//! Sends requests.

use std::error::Error as StdError;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::header::PROXY_AUTHORIZATION;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::error::Error;
use crate::http::connect::Connector;
use crate::http::failure::Failure;
use crate::settings::Settings;

/// The maximum size of the buffers of a connection, in bytes. They grow to this size only if as
/// many bytes arrive at once. Fewer and larger reads take less processor time: a download of 380 MB
/// over the loopback took 3 % less time than with hyper's default of 408 KiB.
const BUFFER: usize = 1 << 20;

/// The body of a request.
pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn StdError + Send + Sync>>;

/// A client with a pool of connections, which clones share.
///
/// The time of a request is not limited; only the time during which no data is sent or received is.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pool: Pool<Connector, Body>,
    connector: Connector,
}

impl Client {
    /// Creates a client. It reads only the settings.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let connector = Connector::new(settings)?;
        let mut pool = Pool::builder(TokioExecutor::new());
        pool.pool_timer(TokioTimer::new()).timer(TokioTimer::new());
        pool.http1_max_buf_size(BUFFER);
        Ok(Self { pool: pool.build(connector.clone()), connector })
    }

    /// Sends a request to the server of its URL, which must have a scheme and a host, and waits for
    /// the head of the answer. The request is not repeated.
    ///
    /// If the body of the answer fails, [`Failure::of`] describes its error.
    pub(crate) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, Failure> {
        if let Some(proxy) = self.connector.proxy_of_plain(request.uri())
            && let Some(login) = &proxy.login
        {
            request.headers_mut().insert(PROXY_AUTHORIZATION, login.clone());
        }
        self.pool.request(request).await.map_err(|error| Failure::of(&error))
    }
}
