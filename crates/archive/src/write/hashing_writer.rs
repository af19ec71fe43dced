//! A writer that hashes what goes through it.

use std::io::{self, Write};

use sealift_oci::{Digest, Hasher};

/// Hashes what goes through it to another writer.
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
    /// Begins with nothing hashed.
    pub fn new(writer: W) -> Self {
        Self { writer, hash: Hasher::new() }
    }

    /// Returns the writer, and the SHA-256 of everything that was written to it.
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
