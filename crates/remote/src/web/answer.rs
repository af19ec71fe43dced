//! Verifies answers. No answer is used without verification.

use std::ops::Range;
use std::time::SystemTime;

use hyper::StatusCode;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName,
    LAST_MODIFIED, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use sealift_filename::Printable;

use crate::download::GetRequest;
use crate::error::ErrorKind;
use crate::object::{Etag, Object};

/// The facts that an answer states about the object and about its own body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) object: Object,
    /// The date of the last change, with which a later request can identify the object.
    pub(super) last_modified: Option<String>,
    /// Whether the date was old enough for that when the server answered.
    pub(super) is_settled: bool,
    /// The position in the object at which the body begins.
    pub(super) offset: u64,
    /// The position in the object at which the body ends, if it is known.
    pub(super) end: Option<u64>,
}

impl Facts {
    /// Returns the value for `If-Range` that identifies the object, if there is a reliable one.
    ///
    /// A strong entity tag is reliable. A date is reliable only if the object had not changed for a
    /// second or more when the server answered: dates have a resolution of one second, so a later
    /// change could have the same date.
    pub(super) fn validator(&self) -> Option<&str> {
        match &self.object.etag {
            Some(tag) if tag.is_strong() => Some(tag.as_str()),
            _ => self.last_modified.as_deref().filter(|_| self.is_settled),
        }
    }

    /// Returns `true` if a later answer is about the same object.
    pub(super) fn is_same_object(&self, later: &Self) -> bool {
        let is_same_date =
            later.last_modified.is_none() || later.last_modified == self.last_modified;
        let is_same_size = later.object.size.is_none() || later.object.size == self.object.size;
        self.object.etag == later.object.etag && is_same_date && is_same_size
    }
}

/// The answer to a request for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Body(Facts),
    NotModified,
    NotFound,
    Changed,
}

/// The kind and the reason of an error about an answer.
pub(super) type Refusal = (ErrorKind, String);

/// Verifies the head of an answer to a request for an object.
pub(super) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    request: &GetRequest,
) -> Result<Answer, Refusal> {
    match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
        StatusCode::NOT_MODIFIED if request.if_none_match.is_some() => {
            return Ok(Answer::NotModified);
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::NotFound),
        StatusCode::PRECONDITION_FAILED if request.if_match.is_some() => {
            return Ok(Answer::Changed);
        }
        StatusCode::RANGE_NOT_SATISFIABLE if request.if_match.is_some() => {
            return Ok(Answer::Changed);
        }
        status => return Err(refusal(status, headers)),
    }
    if let Some(encoding) = text(headers, &CONTENT_ENCODING)
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return Err(bad(format!(
            "the answer is compressed ({}), although that was not requested",
            Printable(encoding)
        )));
    }
    if text(headers, &TRANSFER_ENCODING)
        .is_some_and(|coding| !coding.eq_ignore_ascii_case("chunked"))
    {
        return Err(bad("the answer has a transfer encoding, although none was requested"));
    }
    let facts = match status {
        StatusCode::PARTIAL_CONTENT => part(headers, request.range.as_ref())?,
        _ => whole(headers)?,
    };
    let has = |tag: &Etag| facts.object.etag.as_ref().is_some_and(|found| found.is_like(tag));
    let is_exact = |tag: &Etag| facts.object.etag.as_ref() == Some(tag);
    if let Some(tag) = &request.if_match
        && !(if tag.is_strong() { is_exact(tag) } else { has(tag) })
    {
        return Ok(Answer::Changed);
    }
    if request.if_none_match.as_ref().is_some_and(has) {
        return Ok(Answer::NotModified);
    }
    if let (Some(range), Some(size)) = (&request.range, facts.object.size)
        && range.end > size
    {
        return Err(bad(format!("it has {size} bytes, not {}", range.end)));
    }
    Ok(Answer::Body(facts))
}

/// Returns the facts of an answer with the complete object.
fn whole(headers: &HeaderMap) -> Result<Facts, Refusal> {
    let size = length(headers)?;
    Ok(facts(headers, size, 0, size))
}

/// Returns the facts of an answer with a range of the object, which must be the requested one.
fn part(headers: &HeaderMap, wanted: Option<&Range<u64>>) -> Result<Facts, Refusal> {
    let Some(wanted) = wanted else {
        return Err(bad("the answer is a range, although the complete object was requested"));
    };
    let Some(stated) = text(headers, &CONTENT_RANGE) else {
        return Err(bad("the answer is a range without `Content-Range`"));
    };
    let shown = Printable(stated);
    let Some((range, total)) = content_range(stated) else {
        return Err(bad(format!("the answer has an invalid range: `{shown}`")));
    };
    if total.is_some_and(|total| wanted.end > total) {
        let total = total.unwrap_or_default();
        return Err(bad(format!("it has {total} bytes, not {}", wanted.end)));
    }
    if range != *wanted {
        let Range { start, end } = wanted;
        return Err(bad(format!("the answer is the range `{shown}`, not bytes {start} to {end}")));
    }
    if length(headers)?.is_some_and(|length| length != range.end - range.start) {
        return Err(bad(format!("the answer's length is not that of the range `{shown}`")));
    }
    Ok(facts(headers, total, range.start, Some(range.end)))
}

fn facts(headers: &HeaderMap, size: Option<u64>, offset: u64, end: Option<u64>) -> Facts {
    let date = |name| httpdate::parse_http_date(text(headers, name)?).ok();
    let settled = |changed: SystemTime| Some(date(&DATE)?.duration_since(changed).ok()?.as_secs());
    Facts {
        object: Object { size, etag: etag(headers), ..Object::unknown() },
        last_modified: text(headers, &LAST_MODIFIED).map(str::to_owned),
        is_settled: date(&LAST_MODIFIED).and_then(settled).is_some_and(|seconds| seconds > 0),
        offset,
        end,
    }
}

pub(super) fn etag(headers: &HeaderMap) -> Option<Etag> {
    text(headers, &ETAG).filter(|tag| !tag.is_empty()).map(Etag::new)
}

/// Parses `bytes 0-9/100` or `bytes 0-9/*`.
fn content_range(text: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    let end = last.checked_add(1)?;
    (first <= last && total.is_none_or(|total| end <= total)).then_some((first..end, total))
}

fn length(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(length) = text(headers, &CONTENT_LENGTH) else { return Ok(None) };
    let parsed = length.parse().map_err(|_| {
        bad(format!("the answer's length is `{}`, which is not a number", Printable(length)))
    });
    parsed.map(Some)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn bad(reason: impl Into<String>) -> Refusal {
    (ErrorKind::BadAnswer, reason.into())
}

/// Returns the error for an unexpected status.
pub(super) fn refusal(status: StatusCode, headers: &HeaderMap) -> Refusal {
    let kind = match status {
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => ErrorKind::Denied,
        StatusCode::NOT_FOUND | StatusCode::GONE => ErrorKind::NotFound,
        StatusCode::PRECONDITION_FAILED => ErrorKind::Changed,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => ErrorKind::Unsupported,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => ErrorKind::Server,
        status if status.is_server_error() => ErrorKind::Server,
        _ => ErrorKind::BadAnswer,
    };
    let reason = match (status, realm(headers)) {
        (StatusCode::UNAUTHORIZED, Some(realm)) => {
            format!("the server answered {status} for `{}`", Printable(realm))
        }
        _ => format!("the server answered {status}"),
    };
    (kind, reason)
}

/// Returns the realm for which a server requires a login.
fn realm(headers: &HeaderMap) -> Option<&str> {
    let (_, realm) = text(headers, &WWW_AUTHENTICATE)?.split_once("realm=\"")?;
    realm.split('"').next().filter(|realm| !realm.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(
        status: u16,
        headers: &[(&str, &str)],
        request: &GetRequest,
    ) -> Result<Answer, String> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        judge(StatusCode::from_u16(status).unwrap(), &headers.collect(), request)
            .map_err(|(_, reason)| reason)
    }

    fn body(answer: Result<Answer, String>) -> (u64, Option<u64>, Option<u64>) {
        match answer {
            Ok(Answer::Body(facts)) => (facts.offset, facts.end, facts.object.size),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_range_must_be_exactly_the_requested_one() {
        let request = GetRequest::default().with_range(10..20);
        let part = |range, length| {
            judged(206, &[("content-range", range), ("content-length", length)], &request)
        };
        assert_eq!(body(part("bytes 10-19/100", "10")), (10, Some(20), Some(100)));
        assert_eq!(body(part("bytes 10-19/*", "10")), (10, Some(20), None));
        for (range, length) in [
            ("bytes 0-9/100", "10"),
            ("bytes 10-18/100", "9"),
            ("bytes 10-20/100", "11"),
            ("bytes 10-19/100", "9"),
            ("bytes 10-19/15", "10"),
            ("bytes 10-14/15", "5"),
            ("bytes 19-10/100", "10"),
            ("bytes 10-18446744073709551615/*", "10"),
            ("items 10-19/100", "10"),
            ("bytes 10-19", "10"),
            ("bytes 10-19/100", "x"),
        ] {
            part(range, length).unwrap_err();
        }
        judged(206, &[], &request).unwrap_err();
        judged(206, &[("content-range", "bytes 10-19/100")], &GetRequest::default()).unwrap_err();
    }

    #[test]
    fn a_server_without_ranges_sends_the_complete_object() {
        let request = GetRequest::default().with_range(10..20);
        let whole = judged(200, &[("content-length", "100")], &request);
        assert_eq!(body(whole), (0, Some(100), Some(100)));
        assert_eq!(body(judged(200, &[], &request)), (0, None, None));
        assert_eq!(
            judged(200, &[("content-length", "15")], &request).unwrap_err(),
            "it has 15 bytes, not 20"
        );
    }

    #[test]
    fn an_answer_with_another_tag_is_about_another_object() {
        let request = GetRequest::default().with_if_match(Some(Etag::new("\"a\"")));
        let with = |tag| judged(200, &[("etag", tag)], &request);
        assert!(matches!(with("\"a\""), Ok(Answer::Body(_))));
        assert_eq!(with("\"b\""), Ok(Answer::Changed));
        assert_eq!(with("W/\"a\""), Ok(Answer::Changed));
        assert_eq!(judged(200, &[], &request), Ok(Answer::Changed));
        assert_eq!(judged(412, &[], &request), Ok(Answer::Changed));
    }

    #[test]
    fn an_answer_with_the_known_tag_means_not_modified() {
        let request = GetRequest::default().with_if_none_match(Some(Etag::new("\"a\"")));
        assert_eq!(judged(304, &[], &request), Ok(Answer::NotModified));
        assert_eq!(judged(200, &[("etag", "\"a\"")], &request), Ok(Answer::NotModified));
        assert!(matches!(judged(200, &[("etag", "\"b\"")], &request), Ok(Answer::Body(_))));
        judged(304, &[], &GetRequest::default()).unwrap_err();
    }

    #[test]
    fn unexpected_answers_are_errors() {
        let request = GetRequest::default();
        for (status, headers, reason) in [
            (
                200,
                &[("content-encoding", "gzip")][..],
                "the answer is compressed (gzip), although that was not requested",
            ),
            (
                401,
                &[("www-authenticate", "Basic realm=\"vault\", charset=\"UTF-8\"")],
                "the server answered 401 Unauthorized for `vault`",
            ),
            (403, &[], "the server answered 403 Forbidden"),
            (412, &[], "the server answered 412 Precondition Failed"),
            (418, &[], "the server answered 418 I'm a teapot"),
            (204, &[], "the server answered 204 No Content"),
        ] {
            assert_eq!(judged(status, headers, &request).unwrap_err(), reason);
        }
        assert_eq!(judged(404, &[], &request), Ok(Answer::NotFound));
    }
}
