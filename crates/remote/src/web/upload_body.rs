//! The body of an upload, which can be created again for another attempt.

use std::error::Error as StdError;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, TryStreamExt};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc::UnboundedSender;

use crate::error::ErrorKind;
use crate::http::client::Body;
use crate::http::failure::{Failure, FailureKind};
use crate::upload::Upload;

/// The number of bytes of a file that are read at once.
const PART: u64 = 256 * 1024;

/// Returns the body. `progress` receives the number of bytes that have been requested of it so far.
pub(super) fn of(upload: &Arc<Upload>, progress: &UnboundedSender<u64>) -> Body {
    match &**upload {
        Upload::Bytes(bytes) => {
            Full::new(bytes.clone()).map_err(|never| match never {}).boxed_unsync()
        }
        Upload::File { .. } => {
            let state = (Arc::clone(upload), progress.clone(), 0);
            let parts = stream::try_unfold(state, |(upload, progress, at)| async move {
                // If the upload was cancelled, there is no receiver any more.
                let _ = progress.send(at);
                let read = Arc::clone(&upload);
                let part = tokio::task::spawn_blocking(move || part(&read, at)).await;
                let part = part.map_err(|error| failed(&error)).flatten()?;
                Ok::<_, Failure>(part.map(|part| {
                    let next = at + part.len() as u64;
                    (Frame::data(part), (upload, progress, next))
                }))
            });
            let parts = parts.map_err(|error| Box::new(error) as Box<dyn StdError + Send + Sync>);
            StreamBody::new(parts).boxed_unsync()
        }
    }
}

fn part(upload: &Upload, at: u64) -> Result<Option<Bytes>, Failure> {
    let Upload::File { file, size } = upload else { return Ok(None) };
    let length = (size - at).min(PART);
    if length == 0 {
        return Ok(None);
    }
    let mut part = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut part, at).map_err(|error| failed(&error))?;
    Ok(Some(part.into()))
}

fn failed(error: &dyn StdError) -> Failure {
    let reason = format!("the local file cannot be read: {error}");
    Failure::new(FailureKind::Final(ErrorKind::Io), reason)
}
