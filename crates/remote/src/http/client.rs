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
