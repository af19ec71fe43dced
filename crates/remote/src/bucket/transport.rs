//! Connects object_store to this crate's HTTP client.

use std::error::Error as StdError;

use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Limited};
use hyper::StatusCode;
use hyper::header::{HeaderValue, USER_AGENT};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};

use crate::bucket::call_failure::{Trouble, note, read};
use crate::http::client::Client;
use crate::http::failure::{Failure, FailureKind};

/// The maximum size of an error answer that is read.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// Sends the requests of object_store, and records their results.
#[derive(Debug, Clone)]
pub(super) struct Transport(Client);

impl Transport {
    pub(super) fn new(client: Client) -> Self {
        Self(client)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut request = request.map(|body| {
            body.map_err(|error| Box::new(error) as Box<dyn StdError + Send + Sync>).boxed_unsync()
        });
        let agent = concat!("sealift/", env!("CARGO_PKG_VERSION"));
        request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static(agent));
        let response = self.0.send(request).await.map_err(failed)?;
        let (parts, body) = response.into_parts();
        if parts.status.is_success() {
            note(None);
            let body = body.map_err(|error| failed(Failure::of(&error)));
            return Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)));
        }
        let header = ["x-ms-error-code", "x-amz-error-code"];
        let code = header.iter().find_map(|name| parts.headers.get(*name));
        let code = code.and_then(|code| code.to_str().ok()).map(str::to_owned);
        // If the answer is longer or interrupted, only its status is used.
        let body = match Limited::new(body, LONGEST_REFUSAL).collect().await {
            Ok(body) if parts.status != StatusCode::NOT_MODIFIED => body.to_bytes(),
            _ => bytes::Bytes::new(),
        };
        note(Some(read(parts.status, code.as_deref(), &String::from_utf8_lossy(&body))));
        Ok(HttpResponse::from_parts(parts, body.into()))
    }
}

/// Records that there is no answer, and returns an error that states whether a repetition may
/// succeed.
fn failed(failure: Failure) -> HttpError {
    let kind = match failure.kind {
        FailureKind::Connect => HttpErrorKind::Connect,
        FailureKind::Broken => HttpErrorKind::Interrupted,
        FailureKind::Silent => HttpErrorKind::Timeout,
        FailureKind::NotHttp => HttpErrorKind::Decode,
        FailureKind::Final(_) => HttpErrorKind::Unknown,
    };
    note(Some(Trouble::Connection(failure.error_kind(), failure.reason.clone())));
    HttpError::new(kind, failure)
}

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Transport {
    fn call<'s, 'f>(
        &'s self,
        request: HttpRequest,
    ) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(self.send(request))
    }
}
