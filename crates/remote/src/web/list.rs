//! Lists the objects of a web server with WebDAV.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};

use crate::error::{Error, ErrorKind};
use crate::http::client::Body;
use crate::http::failure::Failure;
use crate::object::Entry;
use crate::web::backoff::Backoff;
use crate::web::exchange::Call;
use crate::web::multistatus::{self, Member};
use crate::web::site::Site;

/// The maximum size of the list of one folder.
const LIMIT: usize = 64 << 20;

/// The maximum depth of folders, because a server could send an endless tree.
const DEPTH: usize = 32;

const PROPERTIES: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/></prop></propfind>
"#;

impl Site {
    /// Lists all objects, sorted by key.
    pub(crate) async fn list(&self) -> Result<Vec<Entry>, Error> {
        let mut found = Vec::new();
        let mut folders = vec![(String::new(), 0)];
        while let Some((prefix, depth)) = folders.pop() {
            for member in self.members(&prefix).await? {
                let path = format!("{prefix}{}", member.name);
                match member.size {
                    None if depth < DEPTH => folders.push((format!("{path}/"), depth + 1)),
                    None => {}
                    Some(size) => {
                        found.extend(path.parse().ok().map(|key| Entry { key, size }));
                    }
                }
            }
        }
        found.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(found)
    }

    /// Lists the entries of a folder, except those whose names begin with a dot.
    async fn members(&self, prefix: &str) -> Result<Vec<Member>, Error> {
        let key = prefix.trim_end_matches('/').parse().ok();
        let path = key.as_ref().map_or_else(|| self.path().to_owned(), |key| self.path_of(key));
        let path = format!("{path}/");
        let shown = key.map_or_else(|| self.shown_folder().to_owned(), |key| self.shown(&key));
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/xml; charset=utf-8")),
            (hyper::header::HeaderName::from_static("depth"), HeaderValue::from_static("1")),
        ]);
        let call = Call {
            operation: "list",
            shown,
            method: Method::from_bytes(b"PROPFIND").unwrap_or_default(),
            uri: self.uri(&path),
            headers,
            body: &properties,
        };
        let answer = self.exchange(&call, &mut Backoff::new(self.backoff)).await?.response;
        match answer.status() {
            StatusCode::MULTI_STATUS => {}
            status @ (StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED
            | StatusCode::BAD_REQUEST) => {
                let reason = format!("the server does not support WebDAV: it answered {status}");
                return Err(call.error(ErrorKind::Unsupported, reason));
            }
            _ => return Err(call.refused(self, &answer)),
        }
        let body = Limited::new(answer.into_body(), LIMIT).collect().await.map_err(|error| {
            let failure = Failure::of(&*error);
            call.error(failure.error_kind(), failure.reason)
        })?;
        multistatus::members(&body.to_bytes(), &path)
            .map_err(|reason| call.error(ErrorKind::BadAnswer, reason))
    }
}

fn properties() -> Body {
    Full::new(Bytes::from_static(PROPERTIES.as_bytes()))
        .map_err(|never| match never {})
        .boxed_unsync()
}
