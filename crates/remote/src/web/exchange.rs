//! Sends requests, repeats them if that can help, and follows redirects.

use std::time::{Duration, SystemTime};

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, Uri};

use crate::error::{Error, ErrorKind};
use crate::http::client::Body;
use crate::http::failure::{Failure, FailureKind};
use crate::web::answer::refusal;
use crate::web::backoff::{self, Backoff};
use crate::web::redirect;
use crate::web::site::Site;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("sealift/", env!("CARGO_PKG_VERSION")));

/// A request that can be sent several times.
pub(super) struct Call<'a> {
    /// The operation, as a verb for errors.
    pub(super) operation: &'static str,
    /// The object of the operation, without secrets.
    pub(super) shown: String,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: &'a (dyn Fn() -> Body + Send + Sync),
}

/// The answer to a [`Call`].
pub(super) struct Exchanged {
    pub(super) response: Response<Incoming>,
    /// Whether the server may have carried out an earlier attempt of the request without our
    /// knowledge.
    pub(super) is_repeated: bool,
}

impl Call<'_> {
    pub(super) fn error(&self, kind: ErrorKind, reason: impl Into<String>) -> Error {
        Error::new(self.operation, &*self.shown, kind, reason)
    }

    /// Returns the error for an answer with an unexpected status.
    pub(super) fn refused(&self, site: &Site, answer: &Response<Incoming>) -> Error {
        let (kind, mut reason) = refusal(answer.status(), answer.headers());
        if answer.status() == StatusCode::UNAUTHORIZED && site.login.is_none() {
            reason.push_str("; there is no login for this server in the URL or in ~/.netrc");
        }
        self.error(kind, reason)
    }

    /// Returns `true` if the same request may succeed later.
    fn may_pass(&self, status: StatusCode) -> bool {
        // For a request to rename an object, this status means that the destination is on another
        // server.
        let is_about_destination =
            self.method.as_str() == "MOVE" && status == StatusCode::BAD_GATEWAY;
        backoff::may_pass(status) && !is_about_destination
    }

    fn request(&self, uri: &Uri, site: &Site) -> Request<Body> {
        let mut request = Request::new((self.body)());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(USER_AGENT, AGENT);
        if let Some(login) = &site.login
            && redirect::is_same_origin(uri, &self.uri)
        {
            request.headers_mut().insert(AUTHORIZATION, login.clone());
        }
        request
    }
}

impl Site {
    /// Sends a request, and repeats it while the status of the answer is temporary.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no final answer, or if a redirect cannot be followed.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        backoff: &mut Backoff,
    ) -> Result<Exchanged, Error> {
        let mut is_repeated = false;
        loop {
            let (reason, kind, demanded) = match self.follow(call).await? {
                Ok(response) if !call.may_pass(response.status()) => {
                    return Ok(Exchanged { response, is_repeated });
                }
                Ok(response) => {
                    is_repeated |= response.status().is_server_error();
                    let demanded = backoff::demanded(response.headers(), SystemTime::now());
                    let (kind, reason) = refusal(response.status(), response.headers());
                    (reason, kind, demanded)
                }
                Err(failure) => {
                    is_repeated |= failure.kind != FailureKind::Connect;
                    if !failure.may_pass() {
                        return Err(call.error(failure.error_kind(), failure.reason));
                    }
                    if failure.kind == FailureKind::Silent {
                        // Each silence takes as long as the idle limit, so it counts as two
                        // attempts.
                        backoff.next(None);
                    }
                    (failure.reason.clone(), failure.error_kind(), None)
                }
            };
            if !pause(call, backoff, demanded, &reason).await {
                return Err(call.error(kind, reason));
            }
        }
    }

    /// Sends a request once. Redirects are followed if the request only reads.
    async fn follow(&self, call: &Call<'_>) -> Result<Result<Response<Incoming>, Failure>, Error> {
        let mut uri = call.uri.clone();
        for _ in 0..=redirect::MOST {
            let response = match self.client.send(call.request(&uri, self)).await {
                Ok(response) => response,
                Err(failure) => return Ok(Err(failure)),
            };
            let is_read = matches!(call.method, Method::GET | Method::HEAD);
            if !is_read || !redirect::is_redirect(response.status()) {
                return Ok(Ok(response));
            }
            let location = response.headers().get(LOCATION).and_then(|text| text.to_str().ok());
            let Some(location) = location else {
                return Err(call.error(ErrorKind::BadAnswer, "it redirects without a location"));
            };
            uri = redirect::target(&uri, location)
                .map_err(|reason| call.error(ErrorKind::BadAnswer, reason))?;
        }
        let reason = format!("it redirects more than {} times", redirect::MOST);
        Err(call.error(ErrorKind::BadAnswer, reason))
    }
}

/// Waits before a request is repeated. Returns `false` if it was repeated often enough.
pub(super) async fn pause(
    call: &Call<'_>,
    backoff: &mut Backoff,
    demanded: Option<Duration>,
    reason: &str,
) -> bool {
    let Some(pause) = backoff.next(demanded) else { return false };
    let (object, method) = (&call.shown, &call.method);
    tracing::debug!(%method, object, reason, ?pause, "the request is repeated");
    tokio::time::sleep(pause).await;
    true
}
