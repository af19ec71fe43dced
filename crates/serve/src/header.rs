//! The headers of responses.

use hyper::Response;
use hyper::header::{HeaderName, HeaderValue};

use crate::body::Body;

/// Sets a header. All values consist of digests, numbers, parsed names and constants, so they are
/// valid.
pub(crate) fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
