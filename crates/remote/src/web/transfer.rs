//! A download that continues after an interruption.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use hyper::header::{IF_RANGE, RANGE};

use crate::download::GetRequest;
use crate::error::{Error, ErrorKind};
use crate::http::failure::Failure;
use crate::key::Key;
use crate::web::answer::{Answer, Facts, judge};
use crate::web::backoff::Backoff;
use crate::web::exchange::{Call, pause};
use crate::web::request::{CHANGED, set};
use crate::web::site::Site;

/// The number of bytes that count as progress, after which the number of attempts starts again.
const PROGRESS: u64 = 64 * 1024;

/// A download of a body.
///
/// If the body is interrupted, a new request asks for the rest: for a range, with `If-Range` and
/// the validator of the first answer. If the object is the same, a server that supports ranges
/// sends the range. Any other server sends the complete object, and the bytes before `wanted` are
/// skipped. If the object has changed, the download fails with [`ErrorKind::Changed`].
///
/// Without a validator, nothing shows whether the rest belongs to the same object. Such a download
/// is repeated only if the reader has not received a byte yet. A download whose end is unknown is
/// never repeated.
pub(super) struct Transfer {
    site: Arc<Site>,
    key: Key,
    /// The facts in the first answer.
    facts: Facts,
    body: Incoming,
    /// The position in the object at which `body` ends, if its answer states it.
    stated: Option<u64>,
    /// The position in the object of the next byte of `body`.
    at: u64,
    /// The position in the object of the next byte for the reader. It is after `at` if the server
    /// cannot send a range.
    wanted: u64,
    /// The position from which progress is counted.
    since: u64,
    backoff: Backoff,
}

impl Transfer {
    pub(super) fn new(site: Arc<Site>, key: Key, facts: Facts, body: Incoming) -> Self {
        let backoff = Backoff::new(site.backoff);
        let (at, stated) = (facts.offset, facts.end);
        Self { site, key, facts, body, stated, at, wanted: at, since: at, backoff }
    }

    pub(super) fn into_stream(self) -> BoxStream<'static, Result<Bytes, Error>> {
        stream::try_unfold(self, |mut transfer| async move {
            Ok(transfer.next().await?.map(|chunk| (chunk, transfer)))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let is_complete = self.facts.end == Some(self.wanted);
            if is_complete && self.stated != self.facts.end {
                return Ok(None);
            }
            // The body is also read after its last byte: the connection can be reused only if the
            // end was read.
            let reason = match self.body.frame().await {
                Some(Ok(frame)) => {
                    let Ok(chunk) = frame.into_data() else { continue };
                    match self.accept(chunk)? {
                        Some(chunk) => return Ok(Some(chunk)),
                        None => continue,
                    }
                }
                _ if is_complete => return Ok(None),
                None if self.stated.is_none() => return Ok(None),
                None => "the answer ends too early".to_owned(),
                Some(Err(error)) => Failure::of(&error).reason,
            };
            self.resume(&reason).await?;
        }
    }

    /// Counts bytes of the body, and removes those that the reader already has or did not request.
    fn accept(&mut self, mut chunk: Bytes) -> Result<Option<Bytes>, Error> {
        let (start, end) = (self.at, self.at + chunk.len() as u64);
        if let Some(stated) = self.stated.filter(|stated| end > *stated) {
            let reason = format!("the server sent more than the {stated} bytes that it stated");
            return Err(self.error(ErrorKind::BadAnswer, reason));
        }
        self.at = end;
        let last = self.facts.end.unwrap_or(end).clamp(start, end);
        chunk.truncate(usize::try_from(last - start).unwrap_or(usize::MAX));
        let known = usize::try_from(self.wanted - start).unwrap_or(usize::MAX);
        let chunk = chunk.split_off(known.min(chunk.len()));
        self.wanted += chunk.len() as u64;
        if self.wanted - self.since >= PROGRESS {
            self.since = self.wanted;
            self.backoff.reset();
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// Requests the rest of the same object.
    async fn resume(&mut self, reason: &str) -> Result<(), Error> {
        let shown = |reason: &str| {
            let so_far = self.wanted - self.facts.offset;
            match self.facts.end {
                Some(end) => {
                    format!("{reason}, after {so_far} of {} bytes", end - self.facts.offset)
                }
                None => format!("{reason}, after {so_far} bytes"),
            }
        };
        let reason = shown(reason);
        let validator = self.facts.validator().map(str::to_owned);
        let (Some(end), is_identified) = (self.facts.end, validator.is_some()) else {
            return Err(self.error(ErrorKind::Unreachable, reason));
        };
        if !is_identified && self.wanted > self.facts.offset {
            let reason = format!(
                "{reason}; the server does not identify the object, so the rest cannot be requested"
            );
            return Err(self.error(ErrorKind::Unreachable, reason));
        }
        let request = GetRequest::default().with_range(self.wanted..end);
        let site = Arc::clone(&self.site);
        let mut call = site.call("read", &self.key, Method::GET, &request)?;
        if let Some(validator) = validator {
            let mut headers = std::mem::take(&mut call.headers);
            set(&mut headers, IF_RANGE, &validator, &call)?;
            call.headers = headers;
        }
        if self.wanted == 0 && self.facts.object.size == Some(end) {
            call.headers.remove(RANGE);
            call.headers.remove(IF_RANGE);
        }
        if !pause(&call, &mut self.backoff, None, &reason).await {
            return Err(call.error(ErrorKind::Unreachable, reason));
        }
        self.reopen(&site, &call, &request).await
    }

    async fn reopen(
        &mut self,
        site: &Site,
        call: &Call<'_>,
        request: &GetRequest,
    ) -> Result<(), Error> {
        let answer = site.exchange(call, &mut self.backoff).await?.response;
        let facts = match judge(answer.status(), answer.headers(), request) {
            Ok(Answer::Body(facts)) => facts,
            Ok(Answer::NotFound | Answer::NotModified | Answer::Changed) => {
                return Err(call.error(ErrorKind::Changed, CHANGED));
            }
            Err(_) if answer.status() == hyper::StatusCode::RANGE_NOT_SATISFIABLE => {
                return Err(call.error(ErrorKind::Changed, CHANGED));
            }
            Err(_) if !answer.status().is_success() => return Err(call.refused(site, &answer)),
            Err((kind, reason)) => return Err(call.error(kind, reason)),
        };
        if !self.facts.is_same_object(&facts) {
            return Err(call.error(ErrorKind::Changed, CHANGED));
        }
        (self.at, self.stated) = (facts.offset, facts.end);
        self.body = answer.into_body();
        Ok(())
    }

    fn error(&self, kind: ErrorKind, reason: impl Into<String>) -> Error {
        Error::new("read", self.site.shown(&self.key), kind, reason)
    }
}
