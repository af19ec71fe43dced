//! A writer that hashes the bytes that are written to it.

use std::io::{self, Write};

use sealift_oci::{Digest, Hasher};

/// A writer that passes bytes to another writer and hashes them.
///
/// ```
/// use std::io::Write;
/// use sealift_archive::HashingWriter;
/// use sealift_oci::Digest;
///
/// let mut writer = HashingWriter::new(Vec::new());
/// writer.write_all(b"bytes")?;
/// let (bytes, digest) = writer.finish();
/// assert_eq!(digest, Digest::of(&bytes));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct HashingWriter<W> {
    writer: W,
    hash: Hasher,
}

impl<W: Write> HashingWriter<W> {
    /// Creates a writer that passes its bytes to `writer`.
    pub fn new(writer: W) -> Self {
        Self { writer, hash: Hasher::new() }
    }

    /// Returns the inner writer, and the SHA-256 of all bytes that were written.
    pub fn finish(self) -> (W, Digest) {
        (self.writer, self.hash.finish())
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.writer.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
