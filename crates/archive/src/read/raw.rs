//! The bytes of an archive as they are stored, on their way to a decoder.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sealift_oci::{Digest, Hasher};

/// Reads stored bytes; counts and hashes them.
pub(crate) struct Raw<R> {
    /// What was read of a stream already to recognize it.
    head: Cursor<Vec<u8>>,
    reader: R,
    hash: Option<Hasher>,
    bytes: Arc<AtomicU64>,
}

/// The number of stored bytes that were read, also while a decoder owns their reader.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Marks an error as that of the input, on its way through a decoder.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct ReadFailed(io::Error);

impl ReadFailed {
    /// Returns the error of the input, if that is what the error of a decoder is.
    pub(crate) fn of(error: io::Error) -> Result<io::Error, io::Error> {
        error.downcast::<Self>().map(|failed| failed.0)
    }
}

impl<R: Read> Raw<R> {
    pub(crate) fn new(head: Vec<u8>, reader: R, hashed: bool, count: &Count) -> Self {
        let hash = hashed.then(Hasher::new);
        Self { head: Cursor::new(head), reader, hash, bytes: Arc::clone(&count.0) }
    }

    /// Reads what is left and returns the digest of everything, if it was hashed.
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
