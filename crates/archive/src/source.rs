//! Sources of archives: bytes with random access.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A sequence of bytes that has a known length and can be read at any offset: a file, bytes in
/// memory, a remote object.
///
/// Reading takes `&self` and moves no cursor, so that several readers can share one source.
///
/// ```
/// use sealift_archive::Source;
///
/// let source = b"bytes in memory".to_vec();
/// let mut word = [0; 6];
/// source.read_exact_at(&mut word, 9)?;
/// assert_eq!(&word, b"memory");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Source: Send + Sync {
    /// Returns the number of bytes.
    fn size(&self) -> io::Result<u64>;

    /// Reads some bytes at an offset and returns their number.
    ///
    /// As with [`Read::read`], this can be fewer than the length of the buffer. Returns 0 only if
    /// the offset is at or after the end, or if the buffer is empty.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Fills the buffer with the bytes at an offset.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] if the source ends before the buffer is full.
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.read_at(buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    buffer = buffer.get_mut(count..).unwrap_or_default();
                    offset = offset.saturating_add(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Source for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }
}

impl Source for [u8] {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..));
        let rest = rest.unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> io::Result<u64> {
        self.as_slice().size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buffer, offset)
    }
}

macro_rules! pointer {
    ($($pointer:ty),*) => {$(
        impl<S: Source + ?Sized> Source for $pointer {
            fn size(&self) -> io::Result<u64> {
                (**self).size()
            }

            fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
                (**self).read_at(buffer, offset)
            }
        }
    )*};
}

pointer!(&S, Arc<S>, Box<S>);

/// A [`Source`] with a position, which implements [`Read`] and [`Seek`].
///
/// ```
/// use std::io::Read;
/// use sealift_archive::SourceReader;
///
/// let mut text = String::new();
/// SourceReader::new(b"bytes in memory".as_slice()).read_to_string(&mut text)?;
/// assert_eq!(text, "bytes in memory");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SourceReader<S> {
    source: S,
    position: u64,
}

impl<S> SourceReader<S> {
    /// Creates a reader that starts at the first byte.
    pub fn new(source: S) -> Self {
        Self { source, position: 0 }
    }

    /// Returns the source.
    pub fn get_ref(&self) -> &S {
        &self.source
    }

    /// Returns the source and discards the position.
    pub fn into_inner(self) -> S {
        self.source
    }
}

impl<S: Source> Read for SourceReader<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<S: Source> Seek for SourceReader<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_to(to, self.position, || self.source.size())?;
        Ok(self.position)
    }
}

/// Returns the position after a seek. It can be after the end, as for files.
pub(crate) fn seek_to(
    to: SeekFrom,
    position: u64,
    size: impl FnOnce() -> io::Result<u64>,
) -> io::Result<u64> {
    let position = match to {
        SeekFrom::Start(position) => Some(position),
        SeekFrom::Current(offset) => position.checked_add_signed(offset),
        SeekFrom::End(offset) => size()?.checked_add_signed(offset),
    };
    position.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "seek to a position before the start")
    })
}

/// Reads until the buffer is full or the input ends. Returns the number of bytes.
pub(crate) fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
