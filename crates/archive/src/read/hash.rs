//! The digest of a file as it is.

use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use sealift_oci::{Digest, Hasher};

use crate::error::Error;
use crate::input::Input;
use crate::read::plain::open_file;
use crate::source::{Source, SourceReader};

const BUFFER: usize = 64 << 10;

/// Hashes a file as it is. A digest that equals that of an earlier [`Proof`](crate::Proof) shows
/// that the file is unchanged.
///
/// `on_bytes` is called with the number of bytes read since the last call; if it breaks, so does
/// the hashing.
///
/// # Errors
///
/// [`Error::Io`] if the file cannot be read, [`Error::Cancelled`] if `on_bytes` breaks.
pub fn hash_file(
    path: impl AsRef<Path>,
    on_bytes: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<Digest, Error> {
    let path = path.as_ref();
    hash(open_file(path)?, path, on_bytes)
}

/// Hashes a source as it is, like [`hash_file`]. Messages name it as `input`.
///
/// ```
/// use std::ops::ControlFlow;
/// use sealift_archive::hash;
/// use sealift_oci::Digest;
///
/// let digest = hash(b"bytes".as_slice(), "the upload", |_| ControlFlow::Continue(()))?;
/// assert_eq!(digest, Digest::of(b"bytes"));
/// # Ok::<(), sealift_archive::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Io`] if the source cannot be read, [`Error::Cancelled`] if `on_bytes` breaks.
pub fn hash(
    source: impl Source,
    input: impl Into<Input>,
    mut on_bytes: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<Digest, Error> {
    let input = input.into();
    let mut reader = SourceReader::new(source);
    let mut hash = Hasher::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("read", input, error)),
        };
        if on_bytes(count as u64).is_break() {
            return Err(Error::Cancelled { input });
        }
        if count == 0 {
            return Ok(hash.finish());
        }
        hash.update(&buffer[..count]);
    }
}
