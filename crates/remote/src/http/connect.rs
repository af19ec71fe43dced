//! Opens connections, directly or through a proxy.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{HOST, PROXY_AUTHORIZATION};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use crate::error::{Error, ErrorKind};
use crate::http::failure::{Failure, FailureKind};
use crate::http::idle::{ByteStream, WatchedStream};
use crate::http::proxy::{Proxies, Proxy};
use crate::http::tls::Tls;
use crate::settings::Settings;

/// The time limit for opening a connection, including its proxy and TLS.
const CONNECT: Duration = Duration::from_secs(20);

/// Opens connections for a pool.
#[derive(Debug, Clone)]
pub(super) struct Connector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tcp: HttpConnector,
    tls: Tls,
    proxies: Proxies,
    idle: Duration,
}

impl Connector {
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        let (proxies, idle) = (Proxies::read(settings)?, settings.idle_timeout()?);
        Ok(Self(Arc::new(Inner { tcp, tls: Tls::new(settings), proxies, idle })))
    }

    /// Returns the proxy that receives the requests for this URL, if there is one.
    pub(super) fn proxy_of_plain(&self, uri: &Uri) -> Option<&Proxy> {
        let is_plain = uri.scheme_str() == Some("http");
        self.0.proxies.of(uri).filter(|_| is_plain)
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<WatchedStream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let limit = CONNECT.min(inner.idle);
            match tokio::time::timeout(limit, inner.connect(&uri)).await {
                Ok(connected) => connected.map(TokioIo::new),
                Err(_) => {
                    let reason = format!("no connection within {} s", limit.as_secs_f64());
                    Err(Failure::new(FailureKind::Connect, reason))
                }
            }
        })
    }
}

impl Inner {
    async fn connect(&self, uri: &Uri) -> Result<WatchedStream, Failure> {
        let proxy = self.proxies.of(uri);
        let is_tls = uri.scheme_str() == Some("https");
        let mut stream = match proxy {
            None => self.tcp(uri).await?,
            Some(proxy) => {
                let stream = self.to_proxy(proxy).await.map_err(|failure| {
                    let reason = format!("the proxy at {}: {}", proxy.uri, failure.reason);
                    Failure::new(failure.kind, reason)
                })?;
                if is_tls { tunnel(stream, uri, proxy).await? } else { stream }
            }
        };
        if is_tls {
            stream = self.tls.encrypt(stream, uri.host().unwrap_or_default()).await?;
        }
        Ok(WatchedStream::new(stream, proxy.is_some() && !is_tls, self.idle))
    }

    async fn to_proxy(&self, proxy: &Proxy) -> Result<Box<dyn ByteStream>, Failure> {
        let stream = self.tcp(&proxy.uri).await?;
        match proxy.uri.scheme_str() {
            Some("https") => self.tls.encrypt(stream, proxy.uri.host().unwrap_or_default()).await,
            _ => Ok(stream),
        }
    }

    async fn tcp(&self, uri: &Uri) -> Result<Box<dyn ByteStream>, Failure> {
        match self.tcp.clone().call(uri.clone()).await {
            Ok(stream) => Ok(Box::new(stream.into_inner())),
            Err(error) => {
                let cause: &dyn std::error::Error = &error;
                let cause = std::iter::successors(Some(cause), |cause| cause.source()).last();
                let reason = cause.map_or_else(|| error.to_string(), ToString::to_string);
                Err(Failure::new(FailureKind::Connect, reason))
            }
        }
    }
}

/// Asks a proxy for a connection to the server of this URL.
async fn tunnel(
    stream: Box<dyn ByteStream>,
    uri: &Uri,
    proxy: &Proxy,
) -> Result<Box<dyn ByteStream>, Failure> {
    let fails =
        |kind, reason: String| Failure::new(kind, format!("the proxy at {}: {reason}", proxy.uri));
    let broken = |error: hyper::Error| fails(FailureKind::Connect, Failure::of(&error).reason);
    let host = uri.host().unwrap_or_default();
    let authority = format!("{host}:{}", uri.port_u16().unwrap_or(443));
    let mut request = Request::builder().method(Method::CONNECT).uri(&authority);
    request = request.header(HOST, &authority);
    if let Some(login) = &proxy.login {
        request = request.header(PROXY_AUTHORIZATION, login);
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(|error| fails(FailureKind::Final(ErrorKind::Settings), error.to_string()))?;
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(io).await.map_err(broken)?;
    let driver = tokio::spawn(connection.with_upgrades());
    let answer = sender.send_request(request).await.map_err(broken)?;
    match answer.status() {
        StatusCode::OK => {
            let upgraded = hyper::upgrade::on(answer).await.map_err(broken)?;
            Ok(Box::new(TokioIo::new(upgraded)))
        }
        status => {
            driver.abort();
            let denied = matches!(status, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
            let kind = match status.is_server_error() {
                true => FailureKind::Connect,
                false if denied => FailureKind::Final(ErrorKind::Denied),
                false => FailureKind::Final(ErrorKind::Unreachable),
            };
            Err(fails(kind, format!("it answered {status}")))
        }
    }
}
