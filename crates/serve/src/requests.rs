//! The requests of a connection: login, answer and report.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use sealift_oci::media_type;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::answer::{Answerer, Refusal};
#[cfg(feature = "auth")]
use crate::auth::Auth;
use crate::body::Body;
use crate::connection::Connection;
use crate::event::{ServeEvent, ServedRequest};
use crate::metrics::{Metrics, RequestKind};
use crate::options::ServerOptions;
use crate::route::Route;
#[cfg(feature = "tls")]
use crate::tls::{Accepted, Tls};

/// The state that all connections of a server share.
pub(crate) struct Shared {
    pub(crate) answerer: Arc<Answerer>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) options: ServerOptions,
    #[cfg(feature = "auth")]
    pub(crate) auth: Option<Auth>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

/// The transport of a connection, compared with the one that is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    /// The right transport.
    Right,
    /// The client uses plain HTTP, but the server requires TLS.
    #[cfg(feature = "tls")]
    NotEncrypted,
}

impl Shared {
    /// Answers the requests of one connection.
    pub(crate) async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        from: SocketAddr,
        ended: watch::Receiver<bool>,
    ) {
        let _open = self.metrics.connection();
        // Otherwise, small responses wait until the client acknowledges the previous ones.
        let _ = stream.set_nodelay(true);
        let timeout = self.options.write_timeout;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let mut stopping = ended.clone();
            let accepted = tokio::select! {
                accepted = tls.accept(stream, timeout) => accepted,
                _ = stopping.wait_for(|ended| *ended) => return,
            };
            match accepted {
                Accepted::Encrypted(stream) => {
                    Arc::clone(&self).http(*stream, Channel::Right, from, ended).await;
                }
                Accepted::Plain(stream) => {
                    self.metrics.handshake_failed();
                    Arc::clone(&self).http(stream, Channel::NotEncrypted, from, ended).await;
                }
                Accepted::Failed => self.metrics.handshake_failed(),
            }
            return;
        }
        Arc::clone(&self).http(Connection::new(stream, timeout), Channel::Right, from, ended).await;
    }

    async fn http(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        channel: Channel,
        from: SocketAddr,
        mut ended: watch::Receiver<bool>,
    ) {
        let header_read_timeout = self.options.request_timeout;
        let service = service_fn(move |request: Request<Incoming>| {
            let shared = Arc::clone(&self);
            async move { shared.answer(request, channel, from).await }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header_read_timeout)
            .max_buf_size(64 << 10)
            .keep_alive(channel == Channel::Right)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        // Errors are ignored: the client disconnected or does not use HTTP.
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = ended.wait_for(|ended| *ended) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        channel: Channel,
        from: SocketAddr,
    ) -> Result<Response<Body>, Infallible> {
        let (time, begin) = (Timestamp::now(), Instant::now());
        let route = Route::parse(request.uri().path(), request.uri().query());
        let kind = route.kind();
        let granted = self.grant(&route, channel, request.headers()).await;
        let (user, refusal) = match granted {
            Ok(user) => (user, None),
            Err(refusal) => (None, Some(refusal)),
        };
        let mut response = Arc::clone(&self.answerer).answer(&request, route, refusal).await;
        if user.is_some() {
            crate::answer::forbid_shared_caches(response.headers_mut());
        }
        if is_pull(kind, request.method(), &response) {
            self.metrics.pull();
        }
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let path = request.uri().path_and_query();
        let mut served = ServedRequest {
            time,
            from,
            user,
            method: request.method().to_string(),
            path: path.map_or_else(String::new, ToString::to_string),
            status: response.status().as_u16(),
            bytes: 0,
            duration: begin.elapsed(),
            user_agent: agent.map(str::to_owned),
        };
        let (on_event, metrics) = (self.options.on_event.clone(), Arc::clone(&self.metrics));
        let report = move |bytes| {
            (served.bytes, served.duration) = (bytes, begin.elapsed());
            metrics.request(kind, served.status, bytes, served.duration);
            on_event(ServeEvent::Request(served));
        };
        Ok(response.map(|body| body.with_on_end(report)))
    }

    /// Returns the user who sent a request, or `None` if logins are not required.
    ///
    /// # Errors
    ///
    /// If the connection is not encrypted but must be, or if there is no valid login.
    async fn grant(
        &self,
        route: &Route,
        channel: Channel,
        headers: &HeaderMap,
    ) -> Result<Option<String>, Refusal> {
        #[cfg(feature = "tls")]
        if channel == Channel::NotEncrypted {
            return Err(Refusal::not_encrypted());
        }
        #[cfg(feature = "auth")]
        if let Some(auth) = &self.auth
            && *route != Route::Health
        {
            let user = auth.user(headers).await;
            return user.map(Some).ok_or_else(Refusal::no_login);
        }
        // Used only with the features.
        let _ = (route, channel, headers);
        Ok(None)
    }
}

/// Returns `true` if a response is the manifest of an image, which counts as a pull. An index does
/// not count, because the client then requests the manifest for its platform.
fn is_pull(kind: RequestKind, method: &Method, response: &Response<Body>) -> bool {
    kind == RequestKind::Manifest
        && method == Method::GET
        && response.status() == StatusCode::OK
        && response.headers().get(CONTENT_TYPE).is_none_or(|of| of != media_type::IMAGE_INDEX)
}
