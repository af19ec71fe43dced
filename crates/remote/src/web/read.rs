//! Downloads from a web server.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use hyper::Method;

use crate::download::{Download, Get, GetRequest};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::object::Object;
use crate::web::answer::{Answer, judge};
use crate::web::backoff::Backoff;
use crate::web::request::CHANGED;
use crate::web::site::Site;
use crate::web::transfer::Transfer;

impl Site {
    /// Returns the facts about an object without reading it.
    pub(crate) async fn head(&self, key: &Key) -> Result<Option<Object>, Error> {
        let call = self.call("read", key, Method::HEAD, &GetRequest::default())?;
        let mut backoff = Backoff::new(self.backoff);
        let answer = self.exchange(&call, &mut backoff).await?.response;
        match judge(answer.status(), answer.headers(), &GetRequest::default()) {
            Ok(Answer::Body(facts)) => Ok(Some(facts.object)),
            Ok(Answer::NotFound) => Ok(None),
            Ok(Answer::NotModified | Answer::Changed) => Err(call.refused(self, &answer)),
            Err(_) if !answer.status().is_success() => Err(call.refused(self, &answer)),
            Err((kind, reason)) => Err(call.error(kind, reason)),
        }
    }

    /// Reads an object, or a range of it.
    pub(crate) async fn get(
        self: &Arc<Self>,
        key: &Key,
        request: &GetRequest,
    ) -> Result<Get, Error> {
        if request.range.as_ref().is_some_and(|range| range.is_empty()) {
            return self.get_nothing(key, request).await;
        }
        let call = self.call("read", key, Method::GET, request)?;
        let mut backoff = Backoff::new(self.backoff);
        let answer = self.exchange(&call, &mut backoff).await?.response;
        let facts = match judge(answer.status(), answer.headers(), request) {
            Ok(Answer::Body(facts)) => facts,
            Ok(Answer::NotFound) => return Ok(Get::NotFound),
            Ok(Answer::NotModified) => return Ok(Get::NotModified),
            Ok(Answer::Changed) => return Err(call.error(ErrorKind::Changed, CHANGED)),
            Err(_) if !answer.status().is_success() => return Err(call.refused(self, &answer)),
            Err((kind, reason)) => return Err(call.error(kind, reason)),
        };
        let (object, offset) = (facts.object.clone(), facts.offset);
        let transfer = Transfer::new(Arc::clone(self), key.clone(), facts, answer.into_body());
        Ok(Get::Found(Download::new(call.shown, object, offset, transfer.into_stream())))
    }

    /// Returns an empty range, which cannot be requested over HTTP.
    async fn get_nothing(&self, key: &Key, request: &GetRequest) -> Result<Get, Error> {
        let Some(object) = self.head(key).await? else { return Ok(Get::NotFound) };
        if request.if_match.is_some() && request.if_match != object.etag {
            return Err(Error::new("read", self.shown(key), ErrorKind::Changed, CHANGED));
        }
        let offset = request.range.as_ref().map_or(0, |range| range.start);
        let nothing: BoxStream<'static, _> = stream::empty().boxed();
        Ok(Get::Found(Download::new(self.shown(key), object, offset, nothing)))
    }
}
