//! The content of an upload, read in parts.

use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;

use crate::bucket::memory::Buffer;
use crate::upload::Upload;

/// The content of an upload.
pub(super) struct Content(Arc<Upload>);

impl Content {
    pub(super) fn new(upload: Upload) -> Self {
        Self(Arc::new(upload))
    }

    /// Reads a part into a buffer.
    pub(super) async fn part(&self, range: Range<u64>, mut buffer: Buffer) -> io::Result<Bytes> {
        let upload = Arc::clone(&self.0);
        let work = move || match &*upload {
            Upload::Bytes(bytes) => {
                let at = |at| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(at(range.start)..at(range.end)))
            }
            Upload::File { file, .. } => {
                let size = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
                file.read_exact_at(buffer.sized(size), range.start)?;
                Ok(buffer.filled())
            }
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }
}
