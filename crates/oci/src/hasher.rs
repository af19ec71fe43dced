//! Digests of content that arrives in pieces.

use std::io;

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// Computes the [`Digest`] of content that arrives in pieces.
///
/// ```
/// use sealift_oci::{Digest, Hasher};
///
/// let mut hasher = Hasher::new();
/// hasher.update(b"hello ");
/// hasher.update(b"world");
/// assert_eq!(hasher.finish(), Digest::of(b"hello world"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Hasher(Sha256);

impl Hasher {
    /// Creates a hasher without content.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next piece of the content.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// Returns the digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
