//! Aborts uploads in parts that were dropped.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::{MultipartUpload, PutPayload, PutResult, UploadPart};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// The time limit of an abort.
const LIMIT: Duration = Duration::from_secs(10);

/// The aborts that are running. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Aborts(Arc<Mutex<Vec<JoinHandle<()>>>>);

impl Aborts {
    /// Wraps an upload so that it is aborted when it is dropped.
    pub(super) fn guard(&self, upload: Box<dyn MultipartUpload>) -> Guarded {
        Guarded { upload: Some(upload), aborts: self.clone() }
    }

    /// Waits until all aborts have ended.
    pub(super) async fn settle(&self) {
        loop {
            let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(latest) = latest else { return };
            let _ = latest.await;
        }
    }
}

/// An upload in parts. If it is dropped before it is complete, it is aborted, so that its parts do
/// not stay in the bucket.
pub(super) struct Guarded {
    upload: Option<Box<dyn MultipartUpload>>,
    aborts: Aborts,
}

impl Guarded {
    /// Sends a part.
    pub(super) fn put_part(&mut self, part: PutPayload) -> UploadPart {
        match &mut self.upload {
            Some(upload) => upload.put_part(part),
            None => Box::pin(std::future::ready(Err(ended()))),
        }
    }

    /// Combines the parts into an object. If that fails, the upload is aborted.
    pub(super) async fn complete(mut self) -> object_store::Result<PutResult> {
        let written = match &mut self.upload {
            Some(upload) => upload.complete().await?,
            None => return Err(ended()),
        };
        self.upload = None;
        Ok(written)
    }
}

fn ended() -> object_store::Error {
    object_store::Error::Generic { store: "bucket", source: "the upload has ended".into() }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let (Some(mut upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) else {
            return;
        };
        let abort = runtime.spawn(async move {
            // If the abort fails, the parts stay until a lifecycle rule of the bucket removes them.
            let _ = tokio::time::timeout(LIMIT, upload.abort()).await;
        });
        self.aborts.0.lock().unwrap_or_else(PoisonError::into_inner).push(abort);
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
