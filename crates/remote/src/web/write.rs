//! Uploads to a web server with PUT and WebDAV.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use hyper::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    IF_NONE_MATCH,
};
use hyper::{Method, StatusCode};
use tokio::sync::mpsc;

use crate::download::GetRequest;
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::object::{Etag, Object};
use crate::upload::{Condition, PutOptions, Upload};
use crate::web::answer::etag;
use crate::web::backoff::Backoff;
use crate::web::exchange::{Call, Exchanged};
use crate::web::request::{CHANGED, set};
use crate::web::site::Site;
use crate::web::upload_body;

impl Site {
    /// Writes an object.
    ///
    /// Without a condition, the object is uploaded under another name and then renamed, if the
    /// server can rename. A condition applies to one request only. Therefore, if the server
    /// supports conditions, a conditional upload uses the final name.
    pub(crate) async fn put(
        &self,
        key: &Key,
        upload: Upload,
        options: &PutOptions<'_>,
    ) -> Result<Object, Error> {
        let upload = Arc::new(upload);
        let path = self.path_of(key);
        self.make_folders(key, &path).await?;
        let reported = AtomicU64::new(0);
        let put = Put { site: self, key, upload: &upload, options, reported };
        match &options.condition {
            Condition::Always => {
                if self.can_move(key).await? && put.staged(&path).await? {
                    return Ok(Object { size: Some(upload.size()), ..Object::unknown() });
                }
                put.directly(&path, HeaderMap::new()).await
            }
            Condition::Absent => {
                if self.head(key).await?.is_some() {
                    return Err(put.changed());
                }
                let any = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("*"))]);
                put.conditionally(&path, any).await
            }
            Condition::Matches(tag) => {
                let mut headers = HeaderMap::new();
                if let Some(strong) = put.strong_tag(tag).await? {
                    let call = self.call("write", key, Method::PUT, &GetRequest::default())?;
                    set(&mut headers, IF_MATCH, strong.as_str(), &call)?;
                }
                put.conditionally(&path, headers).await
            }
        }
    }

    /// Removes an object. Returns `false` if it did not exist.
    pub(crate) async fn remove(&self, key: &Key) -> Result<bool, Error> {
        let call = self.call("remove", key, Method::DELETE, &GetRequest::default())?;
        let mut backoff = Backoff::new(self.backoff);
        let Exchanged { response, is_repeated } = self.exchange(&call, &mut backoff).await?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(is_repeated),
            status if status.is_success() => Ok(true),
            _ => Err(call.refused(self, &response)),
        }
    }

    /// Creates the folders that contain an object, once for each.
    ///
    /// A server that cannot create folders refuses the request with the same status as for a folder
    /// that exists. The upload shows which of the two is the case.
    async fn make_folders(&self, key: &Key, path: &str) -> Result<(), Error> {
        let is_known = |path: &str| {
            let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            path.is_empty() || known.contains(path)
        };
        let parent = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
        let mut missing = Vec::new();
        let mut folder = parent(path);
        while !is_known(&folder) && self.make_folder(key, &folder).await? == Parent::IsMissing {
            let next = parent(&folder);
            missing.push(std::mem::replace(&mut folder, next));
        }
        for folder in missing.iter().rev() {
            self.make_folder(key, folder).await?;
        }
        let made = missing.into_iter().chain([folder]);
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).extend(made);
        Ok(())
    }

    async fn make_folder(&self, key: &Key, folder: &str) -> Result<Parent, Error> {
        let method = Method::from_bytes(b"MKCOL").unwrap_or_default();
        let mut call = self.call("write", key, method, &GetRequest::default())?;
        call.uri = self.uri(&format!("{folder}/"));
        let answer = self.exchange(&call, &mut Backoff::new(self.backoff)).await?;
        Ok(match answer.response.status() {
            StatusCode::CONFLICT | StatusCode::NOT_FOUND => Parent::IsMissing,
            _ => Parent::MayExist,
        })
    }

    /// Returns `true` if the server can rename, according to an attempt to rename a missing object.
    async fn can_move(&self, key: &Key) -> Result<bool, Error> {
        let known = *self.can_move.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known {
            return Ok(known);
        }
        let base = self.path();
        let (from, to) = (format!("{base}/.sealift-probe.part"), format!("{base}/.sealift-probe"));
        let answer = self.rename(key, &from, &to, true).await?.response;
        let can_move = !matches!(
            answer.status(),
            StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::NOT_IMPLEMENTED
                | StatusCode::BAD_REQUEST
                | StatusCode::BAD_GATEWAY
                | StatusCode::UNAUTHORIZED
        );
        *self.can_move.lock().unwrap_or_else(PoisonError::into_inner) = Some(can_move);
        Ok(can_move)
    }

    /// Renames an object.
    ///
    /// Apache requires the complete URL of the destination. Behind a proxy that changes the scheme
    /// or the name, a server regards that as the URL of another server, but may accept the path
    /// alone.
    async fn rename(
        &self,
        key: &Key,
        from: &str,
        to: &str,
        overwrites: bool,
    ) -> Result<Exchanged, Error> {
        let method = Method::from_bytes(b"MOVE").unwrap_or_default();
        let mut call = self.call("write", key, method, &GetRequest::default())?;
        call.uri = self.uri(from);
        let whole = format!("{}{to}", self.origin());
        for destination in [&whole, to] {
            let mut headers = HeaderMap::new();
            set(&mut headers, HeaderName::from_static("destination"), destination, &call)?;
            let overwrite = HeaderValue::from_static(if overwrites { "T" } else { "F" });
            headers.insert("overwrite", overwrite);
            call.headers = headers;
            let answered = self.exchange(&call, &mut Backoff::new(self.backoff)).await?;
            let status = answered.response.status();
            let is_misread = matches!(status, StatusCode::BAD_REQUEST | StatusCode::BAD_GATEWAY);
            if destination == to || !is_misread {
                return Ok(answered);
            }
        }
        Err(call.error(ErrorKind::BadAnswer, "it cannot be renamed"))
    }
}

/// The result of creating a folder, as a fact about its parent folder.
#[derive(Debug, PartialEq, Eq)]
enum Parent {
    /// The folder was created, exists or cannot be created.
    MayExist,
    /// The parent folder does not exist.
    IsMissing,
}

/// One upload.
struct Put<'a> {
    site: &'a Site,
    key: &'a Key,
    upload: &'a Arc<Upload>,
    options: &'a PutOptions<'a>,
    /// The number of bytes that were passed to [`PutOptions::on_bytes`].
    reported: AtomicU64,
}

impl Put<'_> {
    /// Reports the number of bytes that the server has received. A repeated attempt is reported
    /// only after it has passed the earlier ones.
    fn report(&self, at: u64) {
        let before = self.reported.fetch_max(at, Ordering::Relaxed);
        if let Some(on_bytes) = self.options.on_bytes
            && at > before
        {
            on_bytes(at - before);
        }
    }

    fn changed(&self) -> Error {
        Error::new("write", self.site.shown(self.key), ErrorKind::Changed, CHANGED)
    }

    /// Uploads the object under another name and renames it. Returns `false` if the server cannot
    /// rename.
    async fn staged(&self, path: &str) -> Result<bool, Error> {
        let part = part_of(path);
        self.send(&part, HeaderMap::new()).await?;
        self.rename(&part, path).await
    }

    /// Uploads the object under a condition.
    ///
    /// A server that ignores conditions, such as rclone, may also show incomplete uploads. For such
    /// a server, the object is uploaded under another name, and renamed if the condition still
    /// holds at that time. To find out which type of server it is, the upload has a condition that
    /// never holds: a server that supports conditions refuses it.
    async fn conditionally(&self, path: &str, conditions: HeaderMap) -> Result<Object, Error> {
        if !self.site.can_move(self.key).await? {
            return self.directly(path, conditions).await;
        }
        let part = part_of(path);
        let never = HeaderValue::from_static("\"sealift-never\"");
        let sent = self.send(&part, HeaderMap::from_iter([(IF_MATCH, never)])).await?;
        if matches!(sent, Sent::Refused { .. }) {
            return self.directly(path, conditions).await;
        }
        if !self.holds().await? {
            self.remove(&part).await?;
            return Err(self.changed());
        }
        match self.rename(&part, path).await? {
            true => self.found().await,
            false => self.directly(path, conditions).await,
        }
    }

    /// Returns `true` if the condition holds for the current object.
    async fn holds(&self) -> Result<bool, Error> {
        let found = self.site.head(self.key).await?;
        Ok(match (&self.options.condition, found) {
            (Condition::Always, _) | (Condition::Absent, None) => true,
            (Condition::Matches(tag), Some(Object { etag: Some(found), .. })) => found.is_like(tag),
            (Condition::Absent | Condition::Matches(_), _) => false,
        })
    }

    /// Renames the uploaded object. Returns `false` if the server cannot rename.
    async fn rename(&self, part: &str, path: &str) -> Result<bool, Error> {
        let overwrites = self.options.condition != Condition::Absent;
        let answer = self.site.rename(self.key, part, path, overwrites).await?;
        let status = answer.response.status();
        if status.is_success() {
            return Ok(true);
        }
        if status == StatusCode::NOT_FOUND {
            // An earlier attempt whose answer was lost may have renamed it, or another writer.
            let found = self.found().await;
            if found.is_ok() || self.options.condition != Condition::Always {
                return found.map(|_| true);
            }
        }
        self.remove(part).await?;
        if !overwrites && status == StatusCode::PRECONDITION_FAILED {
            return Err(self.changed());
        }
        tracing::debug!(%status, "the server does not rename what was uploaded");
        *self.site.can_move.lock().unwrap_or_else(PoisonError::into_inner) = Some(false);
        Ok(false)
    }

    /// Removes the object that was uploaded under another name.
    async fn remove(&self, part: &str) -> Result<(), Error> {
        let method = Method::DELETE;
        let mut call = self.site.call("write", self.key, method, &GetRequest::default())?;
        call.uri = self.site.uri(part);
        self.site.exchange(&call, &mut Backoff::new(self.site.backoff)).await?;
        Ok(())
    }

    /// Uploads the object under its final name.
    async fn directly(&self, path: &str, conditions: HeaderMap) -> Result<Object, Error> {
        let size = Some(self.upload.size());
        let answer = match self.send(path, conditions).await? {
            Sent::Taken(tag) => tag,
            Sent::Refused { is_repeated: true } if self.is_there().await? => None,
            Sent::Refused { .. } => return Err(self.changed()),
        };
        if answer.is_some() || self.options.condition == Condition::Always {
            return Ok(Object { size, etag: answer, ..Object::unknown() });
        }
        self.found().await
    }

    /// Returns the facts about the object after it was written, or an error if another one has
    /// replaced it.
    async fn found(&self) -> Result<Object, Error> {
        match self.site.head(self.key).await? {
            Some(found) if found.size == Some(self.upload.size()) => Ok(found),
            _ => Err(self.changed()),
        }
    }

    /// Returns the tag to send as a condition: the current tag of the object, after a comparison
    /// with the wanted one. Returns `None` if the object has only a weak tag, because an upload
    /// cannot use it as a condition.
    async fn strong_tag(&self, wanted: &Etag) -> Result<Option<Etag>, Error> {
        // Apache marks the tag of a file as weak for a second after the file was written.
        for pause in [0, 600, 600, 600] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let found = self.site.head(self.key).await?.and_then(|object| object.etag);
            match found {
                Some(found) if !found.is_like(wanted) => return Err(self.changed()),
                None => return Err(self.changed()),
                Some(found) if found.is_strong() => return Ok(Some(found)),
                Some(_) => {}
            }
        }
        Ok(None)
    }

    /// Returns `true` if the object has the content of the upload. This is known only for content
    /// in memory.
    async fn is_there(&self) -> Result<bool, Error> {
        let Upload::Bytes(bytes) = &**self.upload else { return Ok(false) };
        let call = self.site.call("read", self.key, Method::GET, &GetRequest::default())?;
        let answer = self.site.exchange(&call, &mut Backoff::new(self.site.backoff)).await?;
        if answer.response.status() != StatusCode::OK {
            return Ok(false);
        }
        let body = http_body_util::Limited::new(answer.response.into_body(), bytes.len());
        let found = http_body_util::BodyExt::collect(body).await;
        Ok(found.is_ok_and(|found| found.to_bytes() == *bytes))
    }

    /// Sends the upload to a path. Each attempt starts from the beginning.
    async fn send(&self, path: &str, mut headers: HeaderMap) -> Result<Sent, Error> {
        let size = self.upload.size();
        headers.insert(CONTENT_LENGTH, size.into());
        for (name, value) in
            [(CONTENT_TYPE, self.options.content_type), (CACHE_CONTROL, self.options.cache_control)]
        {
            let value = value.and_then(|value| HeaderValue::from_str(value).ok());
            headers.extend(value.map(|value| (name, value)));
        }
        let (progress, mut taken) = mpsc::unbounded_channel();
        let call = Call {
            operation: "write",
            shown: self.site.shown(self.key),
            method: Method::PUT,
            uri: self.site.uri(path),
            headers,
            body: &|| upload_body::of(self.upload, &progress),
        };
        let mut backoff = Backoff::new(self.site.backoff);
        let mut exchange = std::pin::pin!(self.site.exchange(&call, &mut backoff));
        let Exchanged { response, is_repeated } = loop {
            tokio::select! {
                answer = &mut exchange => break answer?,
                Some(at) = taken.recv() => self.report(at),
            }
        };
        match response.status() {
            status if status.is_success() => {
                self.report(size);
                Ok(Sent::Taken(etag(response.headers())))
            }
            StatusCode::PRECONDITION_FAILED => Ok(Sent::Refused { is_repeated }),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
                let reason = "its folder does not exist on the server and cannot be created";
                Err(call.error(ErrorKind::NotFound, reason))
            }
            status @ (StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED) => {
                let reason = format!("the server does not accept uploads: it answered {status}");
                Err(call.error(ErrorKind::Unsupported, reason))
            }
            _ => Err(call.refused(self.site, &response)),
        }
    }
}

/// Returns the name under which an object is uploaded before it is renamed.
///
/// The name depends only on the name of the object, so that interrupted uploads do not accumulate.
fn part_of(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    format!("{folder}/.{name}.part")
}

/// The result of an upload.
enum Sent {
    /// The object was written. The tag is `None` if the server does not state it.
    Taken(Option<Etag>),
    /// The condition does not hold. If the request was repeated, an earlier attempt may be the
    /// reason.
    Refused { is_repeated: bool },
}
