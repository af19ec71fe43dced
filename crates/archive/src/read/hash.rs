//! The digest of a file's stored bytes.

use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use sealift_oci::{Digest, Hasher};

use crate::error::Error;
use crate::input::Input;
use crate::read::plain::open_file;
use crate::source::{Source, SourceReader};

const BUFFER: usize = 64 << 10;

/// Computes the SHA-256 of a file. If it equals that of an earlier [`Proof`](crate::Proof), the
/// file is unchanged.
///
/// `on_bytes` receives the number of bytes that were read since its last call. If it returns
/// [`ControlFlow::Break`], hashing stops.
///
/// # Errors
///
/// [`Error::Io`] if the file cannot be read, [`Error::Cancelled`] if `on_bytes` cancels.
pub fn hash_file(
    path: impl AsRef<Path>,
    on_bytes: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<Digest, Error> {
    let path = path.as_ref();
    hash(open_file(path)?, path, on_bytes)
}

/// Computes the SHA-256 of a source, like [`hash_file`]. Errors name it as `input`.
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
/// [`Error::Io`] if the source cannot be read, [`Error::Cancelled`] if `on_bytes` cancels.
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
