//! A reader of a layer, or of the complete plain tar of an archive.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use sealift_oci::{Digest, Hasher};

use crate::access::{Access, Route};
use crate::block_reader::BlockReader;
use crate::block_table::BlockTable;
use crate::error::{Error, Fault};
use crate::layer_span::LayerSpan;
use crate::read::plain::PlainReader;
use crate::source::{Source, SourceReader, seek_to};

/// A reader of a layer of an [`Archive`](crate::Archive), or of its complete plain tar. It shares
/// the source with the archive and can outlive it.
///
/// If a layer is read from its first byte to its last, it is compared with its digest, and reading
/// fails before its last bytes if they differ. If only a part of a layer is read, this part is
/// verified only in a zip whose block table has checksums. In a zip without checksums, a damaged
/// block is detected only if it does not inflate to the length that the table states.
///
/// # Errors
///
/// The [`io::Error`] of [`Read::read`] contains an [`Error`]; `error.downcast::<Error>()` extracts
/// it.
pub struct ArchiveReader<S: Source> {
    access: Access<S>,
    /// Offset of the content in the plain tar.
    start: u64,
    size: u64,
    position: u64,
    /// The block that is being read.
    block: Option<BlockReader>,
    /// The reader of a container without random access, and its position in the plain tar.
    sequential: Option<(Box<SharedPlainReader<S>>, u64)>,
    check: Option<Check>,
}

type SharedPlainReader<S> = PlainReader<SourceReader<Arc<S>>>;

/// The comparison of a layer with its digest.
struct Check {
    hasher: Hasher,
    /// The number of bytes that were hashed, from the start of the layer.
    hashed: u64,
    expected: Digest,
}

impl<S: Source> ArchiveReader<S> {
    pub(crate) fn of_plain(access: Access<S>, size: u64) -> Self {
        let (block, sequential, check) = (None, None, None);
        Self { access, start: 0, size, position: 0, block, sequential, check }
    }

    pub(crate) fn of_layer(access: Access<S>, span: &LayerSpan) -> Self {
        let check = Check { hasher: Hasher::new(), hashed: 0, expected: span.digest };
        let plain = Self::of_plain(access, span.size);
        Self { start: span.offset, check: Some(check), ..plain }
    }

    /// Returns the size of the content in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads some bytes at an offset of the plain tar.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.access.route {
            Route::Direct(start) => self.access.source.read_at(buffer, start + offset),
            Route::Blocks(blocks) => {
                let blocks = Arc::clone(blocks);
                self.read_block(&blocks, buffer, offset)
            }
            Route::Sequential => self.read_sequential(buffer, offset),
        }
    }

    fn read_block(
        &mut self,
        blocks: &BlockTable,
        buffer: &mut [u8],
        offset: u64,
    ) -> io::Result<usize> {
        let source = &self.access.source;
        let mut reader = match self.block.take() {
            Some(reader) if reader.is_before(offset) => reader,
            other => {
                let Some(block) = blocks.at(offset) else { return Ok(0) };
                BlockReader::begin(source, block, other)?
            }
        };
        reader.skip_to(source, offset)?;
        let count = reader.read(source, buffer)?;
        self.block = Some(reader);
        Ok(count)
    }

    fn read_sequential(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let access = &self.access;
        let (mut reader, at) = match self.sequential.take() {
            Some((reader, at)) if at <= offset => (reader, at),
            _ => {
                let source = Arc::clone(&access.source);
                (Box::new(PlainReader::new(source, access.input.clone())?), 0)
            }
        };
        let skipped = io::copy(&mut reader.by_ref().take(offset - at), &mut io::sink())?;
        let count = if at + skipped == offset { reader.read(buffer)? } else { 0 };
        self.sequential = Some((reader, at + skipped + count as u64));
        Ok(count)
    }

    /// Hashes bytes at the current position if they follow the bytes that were already hashed.
    /// Compares the digest at the end of the layer.
    ///
    /// Bytes at another position, after a seek, are not hashed. If the reader returns to the first
    /// byte that was not hashed, hashing continues.
    fn check(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some(check) = self.check.as_mut().filter(|check| check.hashed == self.position) else {
            return Ok(());
        };
        let mut hasher = check.hasher.clone();
        hasher.update(bytes);
        let hashed = check.hashed + bytes.len() as u64;
        if hashed < self.size {
            (check.hasher, check.hashed) = (hasher, hashed);
            return Ok(());
        }
        let (found, expected) = (hasher.finish(), check.expected);
        if found == expected {
            // If the layer is read again from its start, it is hashed again.
            (check.hasher, check.hashed) = (Hasher::new(), 0);
            return Ok(());
        }
        let what = "the layer".to_owned();
        Err(self.fault(Fault::WrongDigest { what, expected, found }))
    }

    fn fault(&self, fault: Fault) -> Error {
        Error::fault(self.access.input.clone(), fault)
    }

    /// Converts an error of the source or of a block to one that names the archive.
    fn error(&self, error: io::Error) -> io::Error {
        let error = match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let reason = error.to_string();
                self.fault(Fault::BadContainer { container: "zip", reason })
            }
            Err(source) => Error::io("read", self.access.input.clone(), source),
        };
        error.into()
    }
}

impl<S: Source> Read for ArchiveReader<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.position);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let buffer = &mut buffer[..wanted];
        let count = loop {
            match self.read_at(buffer, self.start + self.position) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| self.error(error))?,
            }
        };
        if count == 0 {
            let place = "within its plain tar".to_owned();
            let at = self.start + self.position;
            return Err(self.fault(Fault::Truncated { at, place }).into());
        }
        self.check(&buffer[..count])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<S: Source> Seek for ArchiveReader<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = seek_to(to, self.position, || Ok(self.size))?;
        Ok(self.position)
    }
}

impl<S: Source> fmt::Debug for ArchiveReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchiveReader")
            .field("start", &self.start)
            .field("size", &self.size)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
