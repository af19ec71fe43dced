//! Sends requests to an engine, with the version of the API in their paths.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body, Incoming};
use hyper::{Method, Request, Response, StatusCode, Uri, header};
use tokio::sync::OnceCell;

use crate::discover::address::Address;
use crate::discover::api_version::ApiVersion;
use crate::discover::endpoint::Endpoint;
use crate::discover::setting::Setting;
use crate::discover::timeouts::{Seconds, Timeouts};
use crate::failure::{BoxError, Failure};
use crate::wire::connection::{ActiveConnection, AnyBody, Connection, IdleConnection};
use crate::wire::flow::Flow;
use crate::wire::json_lines::reported_in;
use crate::wire::read_body::{read_all, read_some};
use crate::wire::socket::{CloseReason, Socket};
use crate::wire::{limits, permission};

/// Sends requests to an engine, one on each connection at a time. A request uses the idle
/// connection if there is one, or else a new connection.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) endpoint: Endpoint,
    pub(crate) timeouts: Timeouts,
    api: OnceCell<EngineApi>,
    /// The slot of an idle connection. It is `None` if opening a new connection is fast.
    idle: Option<IdleConnection>,
}

/// The API of an engine, according to its answer to a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EngineApi {
    /// The version to use: the one that is set, or else the newest that both sides support. `None`
    /// if the engine does not state a version.
    pub(crate) version: Option<ApiVersion>,
    /// The newest version that the engine supports.
    pub(crate) newest: Option<ApiVersion>,
    /// Whether the engine is Podman, which interprets a few options differently from Docker.
    pub(crate) is_podman: bool,
    /// Whether the engine recommends BuildKit for builds.
    pub(crate) prefers_buildkit: bool,
}

impl Transport {
    pub(crate) fn new(endpoint: Endpoint, timeouts: Timeouts) -> Self {
        // With ssh, a connection needs a process here, two processes there and a handshake.
        let idle = matches!(endpoint.address, Address::Ssh { .. }).then(IdleConnection::default);
        Self { endpoint, timeouts, api: OnceCell::new(), idle }
    }

    /// Returns the API to use. The engine is asked once.
    pub(crate) async fn api(&self) -> Result<EngineApi, Failure> {
        let ask = async { self.choose(self.ping().await?) };
        let asked = self.api.get_or_try_init(|| self.within(self.timeouts.call, Box::pin(ask)));
        asked.await.copied().map_err(|failure| match failure {
            // The engine has not answered at all, so this is an error of the connection.
            failure @ Failure::Slow { .. } => {
                self.unreachable(io::Error::new(io::ErrorKind::TimedOut, failure))
            }
            failure => failure,
        })
    }

    /// Chooses the version of the API, given what the engine supports and what is set.
    fn choose(&self, engine: EngineApi) -> Result<EngineApi, Failure> {
        let set = self.endpoint.api_version.as_ref();
        let version = match (engine.version, set) {
            (Some(newest), _) if newest < ApiVersion::OLDEST_NEEDED => {
                return Err(Failure::TooOld { newest, needed: ApiVersion::OLDEST_NEEDED });
            }
            (Some(newest), Some(set)) if newest < set.value => {
                let Setting { value, source } = set.clone();
                return Err(Failure::SetTooNew { version: value, setting: source, newest });
            }
            (_, Some(set)) => Some(set.value),
            (newest, None) => newest.map(|newest| newest.min(ApiVersion::NEWEST_KNOWN)),
        };
        Ok(EngineApi { version, ..engine })
    }

    /// Sends a ping, and returns the API that the engine supports.
    ///
    /// This call does not use bollard: its `ping` returns only the body, and the information is in
    /// the headers.
    pub(crate) async fn ping(&self) -> Result<EngineApi, Failure> {
        let (response, _line) = self.send_as_is(Request::new(nothing()), "/_ping").await?;
        let headers = response.headers();
        let version = headers.get("api-version").and_then(|value| value.to_str().ok());
        let version = version.and_then(|text| text.parse::<ApiVersion>().ok());
        let api = EngineApi {
            version,
            newest: version,
            is_podman: headers.contains_key("libpod-api-version"),
            prefers_buildkit: headers.get("builder-version").is_some_and(|value| value == "2"),
        };
        let status = response.status();
        let is_other_server = |answer: String| Failure::NotAnEngine {
            endpoint: Box::new(self.endpoint.clone()),
            answer,
        };
        // Otherwise every image would seem to be missing from the engine.
        if status == StatusCode::NOT_FOUND {
            return Err(is_other_server(format!("status {status}")));
        }
        let response = self.accept(response).await?;
        // The answer is read to its end, so that an engine that hangs in its answer does not count
        // as alive.
        let body = read_all(response.into_body(), limits::WORDS).await?;
        match version.is_some() || body.trim_ascii() == b"OK" {
            true => Ok(api),
            false => Err(is_other_server("a text other than `OK`".to_owned())),
        }
    }

    /// Requests an object. An error that the engine reports inside a successful answer is returned
    /// as an error.
    pub(crate) async fn get_object(&self, path: &str) -> Result<serde_json::Value, Failure> {
        let (response, _line) = self.send(Request::new(nothing()), path).await?;
        let body = read_all(self.accept(response).await?.into_body(), limits::ANSWER).await?;
        let answer = serde_json::from_slice(&body)
            .map_err(|error| Failure::unintelligible("it is not JSON", Some(error.into())))?;
        match reported_in(&answer) {
            Some((message, _)) => Err(Failure::Reported { message }),
            None => Ok(answer),
        }
    }

    /// Returns the answer if it is a success. Otherwise reads its message, for at most the time
    /// limit of an ordinary call.
    pub(crate) async fn accept(
        &self,
        response: Response<Incoming>,
    ) -> Result<Response<Incoming>, Failure> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let mut words = Vec::new();
        let mut body = response.into_body();
        let read = read_some(&mut body, limits::WORDS, &mut words);
        // On a timeout, the part of the message that has arrived is used.
        let _ = tokio::time::timeout(self.timeouts.call, read).await;
        let words = String::from_utf8_lossy(&words);
        let json = serde_json::from_str::<serde_json::Value>(&words).ok();
        let message = match json.as_ref().and_then(reported_in) {
            Some((message, _)) => message,
            None if words.trim().is_empty() => format!("status {status}"),
            None => words.trim().to_owned(),
        };
        Err(Failure::from_status(status.as_u16(), message))
    }

    /// Sends a request to a path below the API's version, and waits for the head of the answer. If
    /// the request has a [`Flow`] extension, it watches the connection.
    pub(crate) async fn send<B>(
        &self,
        request: Request<B>,
        path: &str,
    ) -> Result<(Response<Incoming>, ActiveConnection), Failure>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        match self.api().await?.version {
            // On the heap, because every call to the engine contains this future.
            Some(version) => {
                Box::pin(self.send_as_is(request, &format!("/v{version}{path}"))).await
            }
            None => Box::pin(self.send_as_is(request, path)).await,
        }
    }

    async fn send_as_is<B>(
        &self,
        mut request: Request<B>,
        path: &str,
    ) -> Result<(Response<Incoming>, ActiveConnection), Failure>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        *request.uri_mut() = path.parse::<Uri>().map_err(|error| {
            Failure::unintelligible(format!("`{path}` is not a path"), Some(error.into()))
        })?;
        let host = match self.endpoint.address.authority() {
            None => header::HeaderValue::from_static("localhost"),
            Some(host) => header::HeaderValue::from_str(&host).map_err(|error| {
                Failure::unintelligible(format!("`{host}` is not a host"), Some(error.into()))
            })?,
        };
        request.headers_mut().insert(header::HOST, host);
        let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        let (method, start) = (request.method().clone(), Instant::now());
        let answered = self.send_somehow(request).await?;
        // The query can contain secrets, such as build-time variables, so it is not logged.
        let shown = path.split('?').next().unwrap_or_default();
        let (status, took) = (answered.0.status().as_u16(), start.elapsed());
        tracing::debug!("{method} {shown}: {status} after {took:.1?}");
        Ok(answered)
    }

    /// Sends a request on the idle connection, or else on a new one.
    async fn send_somehow(
        &self,
        request: Request<AnyBody>,
    ) -> Result<(Response<Incoming>, ActiveConnection), Failure> {
        // On the heap, because every call to the engine contains this future.
        if let Some(again) = copy_of_question(&request)
            && let Some(answered) = Box::pin(self.send_on_idle(again)).await
        {
            return Ok(answered);
        }
        let flow = request.extensions().get::<Flow>().cloned().unwrap_or_default();
        let socket = Box::pin(self.connect(flow)).await?;
        let broken = |error: hyper::Error| match error.is_parse_too_large() {
            true => Failure::TooLong { what: "response head", limit: limits::HEAD },
            false => Failure::Broken { after: 0, source: error.into() },
        };
        let mut connection = Connection::over(socket).await.map_err(broken)?;
        match connection.send(request).await {
            Ok(response) => Ok((response, ActiveConnection::new(connection, self.idle.clone()))),
            Err(error) => Err(match connection.close_reason.get() {
                Some(cause) => self.explain(cause),
                None => broken(error),
            }),
        }
    }

    /// Sends a request on the idle connection. Returns `None` if there is no idle connection, or if
    /// it was closed meanwhile.
    async fn send_on_idle(
        &self,
        request: Request<AnyBody>,
    ) -> Option<(Response<Incoming>, ActiveConnection)> {
        let mut connection = self.idle.as_ref()?.take()?;
        let response = connection.send(request).await.ok()?;
        Some((response, ActiveConnection::new(connection, self.idle.clone())))
    }

    async fn connect(&self, flow: Flow) -> Result<Socket, Failure> {
        let limit = self.timeouts.connect;
        let connecting = Socket::connect(&self.endpoint, limit, flow);
        let connected = tokio::time::timeout(limit, connecting).await;
        let late = |_| {
            let words = format!("no connection within {}", Seconds(limit));
            Err(io::Error::new(io::ErrorKind::TimedOut, words))
        };
        connected.unwrap_or_else(late).map_err(|source| match CloseReason::of(&source) {
            Some(cause) => self.explain(&cause),
            None => self.unreachable(source),
        })
    }

    fn unreachable(&self, source: io::Error) -> Failure {
        let endpoint = Box::new(self.endpoint.clone());
        match &self.endpoint.address {
            Address::Unix(socket) if source.kind() == io::ErrorKind::PermissionDenied => {
                Failure::Forbidden { endpoint, group: permission::group_of(socket) }
            }
            _ => Failure::Unreachable { endpoint, source },
        }
    }

    /// Returns the failure for a connection that ended before there was an answer.
    fn explain(&self, cause: &CloseReason) -> Failure {
        let endpoint = Box::new(self.endpoint.clone());
        match cause {
            CloseReason::Ssh(ended) => Failure::Ssh {
                endpoint,
                status: ended.status.to_string(),
                words: ended.words.clone(),
            },
            #[cfg(feature = "tls")]
            CloseReason::Tls(error) => {
                let reason = match (&endpoint.tls, &endpoint.address) {
                    (Some(tls), Address::Tcp { host, .. } | Address::Https { host, .. }) => {
                        crate::wire::tls::explain(error, tls.value.shown(), host)
                    }
                    _ => error.to_string(),
                };
                Failure::Tls { endpoint, reason, source: error.clone().into() }
            }
        }
    }

    /// Runs a call with a limit for its total time.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::time::timeout(limit, call).await.unwrap_or(Err(Failure::Slow { limit }))
    }
}

/// Copies a request that only reads, and can therefore be sent twice. Returns `None` for other
/// requests.
fn copy_of_question(request: &Request<AnyBody>) -> Option<Request<AnyBody>> {
    let mut copy = Request::new(nothing().map_err(Into::into).boxed_unsync());
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    (request.method() == Method::GET).then_some(copy)
}

/// Returns an empty body for a request.
pub(crate) fn nothing() -> Empty<Bytes> {
    Empty::new()
}

/// Creates a POST request with a body.
pub(crate) fn post<B>(body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    request
}
