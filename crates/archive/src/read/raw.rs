//! The stored bytes of an archive, before they are decoded.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sealift_oci::{Digest, Hasher};

/// A reader of stored bytes that counts them and, if requested, hashes them.
pub(crate) struct Raw<R> {
    /// The bytes that were already read from a stream to detect its container.
    head: Cursor<Vec<u8>>,
    reader: R,
    hash: Option<Hasher>,
    bytes: Arc<AtomicU64>,
}

/// A shared counter of the stored bytes that were read. It is separate from the reader, because a
/// decoder owns the reader.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An error of the input. Decoders return such errors together with their own; this type
/// distinguishes the two.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct ReadFailed(io::Error);

impl ReadFailed {
    /// Returns `Ok` with the error of the input, or `Err` with an error of the decoder itself.
    pub(crate) fn of(error: io::Error) -> Result<io::Error, io::Error> {
        error.downcast::<Self>().map(|failed| failed.0)
    }
}

impl<R: Read> Raw<R> {
    pub(crate) fn new(head: Vec<u8>, reader: R, hashed: bool, count: &Count) -> Self {
        let hash = hashed.then(Hasher::new);
        Self { head: Cursor::new(head), reader, hash, bytes: Arc::clone(&count.0) }
    }

    /// Reads the rest and returns the digest of all bytes, or `None` if they were not hashed.
    pub(crate) fn finish(mut self) -> io::Result<Option<Digest>> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.hash.map(Hasher::finish))
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.head.read(buffer)? {
            0 => self
                .reader
                .read(buffer)
                .map_err(|error| io::Error::new(error.kind(), ReadFailed(error)))?,
            count => count,
        };
        if let Some(hash) = &mut self.hash {
            hash.update(&buffer[..count]);
        }
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
