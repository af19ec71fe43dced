//! Requests without a body.

use http_body_util::{BodyExt, Empty};
use hyper::Method;
use hyper::header::{
    ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, RANGE,
};

use crate::download::GetRequest;
use crate::error::{Error, ErrorKind};
use crate::http::client::Body;
use crate::key::Key;
use crate::web::exchange::Call;
use crate::web::site::Site;

impl Site {
    /// Creates a request without a body.
    pub(super) fn call(
        &self,
        operation: &'static str,
        key: &Key,
        method: Method,
        request: &GetRequest,
    ) -> Result<Call<'static>, Error> {
        let mut call = Call {
            operation,
            shown: self.shown(key),
            method,
            uri: self.uri(&self.path_of(key)),
            headers: HeaderMap::new(),
            body: &no_body,
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(range) = &request.range {
            let value = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
            set(&mut headers, RANGE, &value, &call)?;
        }
        // A weak tag never matches on the server, so it is compared with the tag of the answer.
        if let Some(etag) = request.if_match.as_ref().filter(|etag| etag.is_strong()) {
            set(&mut headers, IF_MATCH, etag.as_str(), &call)?;
        }
        if let Some(etag) = &request.if_none_match {
            set(&mut headers, IF_NONE_MATCH, etag.as_str(), &call)?;
        }
        call.headers = headers;
        Ok(call)
    }
}

/// The reason in errors of the kind [`ErrorKind::Changed`].
pub(super) const CHANGED: &str = "it changed in the meantime";

/// Sets a header to a text that may come from another server.
pub(super) fn set(
    headers: &mut HeaderMap,
    name: HeaderName,
    value: &str,
    call: &Call<'_>,
) -> Result<(), Error> {
    let value = HeaderValue::from_str(value).map_err(|_| {
        call.error(ErrorKind::BadAnswer, format!("its tag cannot be sent as `{name}`"))
    })?;
    headers.insert(name, value);
    Ok(())
}

fn no_body() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}
