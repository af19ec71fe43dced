//! A reader of one independent deflate block of a zip.

use std::io;
use std::ops::Range;

use flate2::{Decompress, FlushDecompress};
use sealift_oci::Hasher;

use crate::block_table::Block;
use crate::read::zip::inflate::{check_size, damaged, inflate};
use crate::source::Source;

/// The number of packed bytes that are read at a time.
const PIECE: usize = 16 << 10;

/// A reader of a block's content. It inflates only as much as the caller requests.
///
/// The packed block is not kept in memory, because a server reads hundreds of them at the same
/// time. The reader therefore reads each block twice: first to verify its SHA-256, then to inflate
/// it. It never returns content of a damaged block.
pub(crate) struct BlockReader {
    block: Block,
    inflater: Decompress,
    /// A buffer of packed bytes.
    packed: Vec<u8>,
    /// The part of the buffer that was not inflated yet.
    unread: Range<usize>,
    /// The number of packed bytes that were read from the source.
    fetched: u64,
    /// The number of content bytes that were inflated.
    position: u64,
}

impl BlockReader {
    /// Verifies a block and creates a reader of it, which reuses the buffers of `other`.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or if the packed bytes do not have the SHA-256 that the block
    /// table states. If the table has no checksums: if they do not inflate to the stated length.
    pub(crate) fn begin(
        source: &dyn Source,
        block: Block,
        other: Option<Self>,
    ) -> io::Result<Self> {
        check_size(block)?;
        let (mut inflater, mut packed) = match other {
            Some(Self { inflater, packed, .. }) => (inflater, packed),
            None => (Decompress::new(false), vec![0; PIECE]),
        };
        inflater.reset(false);
        match block.checksums {
            Some(checksums) => {
                let mut hasher = Hasher::new();
                let mut at = 0;
                while at < block.size as usize {
                    let piece = &mut packed[..PIECE.min(block.size as usize - at)];
                    source.read_exact_at(piece, block.offset + at as u64)?;
                    hasher.update(&*piece);
                    at += piece.len();
                }
                if hasher.finish() != checksums.packed_sha256 {
                    return Err(damaged(
                        block,
                        "does not have the SHA-256 that the block table states",
                    ));
                }
            }
            None => drop(inflate(source, block)?),
        }
        Ok(Self { block, inflater, packed, unread: 0..0, fetched: 0, position: 0 })
    }

    /// Returns `true` if the byte at this offset of the plain tar is in the block and was not
    /// inflated yet, so that reading forward reaches it.
    pub(crate) fn is_before(&self, plain_offset: u64) -> bool {
        self.block.contains(plain_offset) && plain_offset >= self.block.plain_offset + self.position
    }

    /// Inflates and discards the content before an offset of the plain tar.
    pub(crate) fn skip_to(&mut self, source: &dyn Source, plain_offset: u64) -> io::Result<()> {
        let mut skipped = [0; 4 << 10];
        loop {
            let left = plain_offset.saturating_sub(self.block.plain_offset + self.position);
            if left == 0 {
                return Ok(());
            }
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(skipped.len());
            self.read(source, &mut skipped[..count])?;
        }
    }

    /// Inflates some content and returns its length, which is 0 at the end of the block.
    pub(crate) fn read(&mut self, source: &dyn Source, buffer: &mut [u8]) -> io::Result<usize> {
        let left = u64::from(self.block.plain_size) - self.position;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.inflate(source, &mut buffer[..wanted])?;
        self.position += count as u64;
        let is_at_end = self.position == u64::from(self.block.plain_size);
        if count == 0 || is_at_end && !self.has_ended(source)? {
            return Err(damaged(
                self.block,
                "does not have the length that the block table states",
            ));
        }
        Ok(count)
    }

    /// Returns `true` if the rest of the packed bytes ends the block and adds no content.
    fn has_ended(&mut self, source: &dyn Source) -> io::Result<bool> {
        let is_empty = self.inflate(source, &mut [0])? == 0;
        Ok(is_empty && self.unread.is_empty() && self.fetched == u64::from(self.block.size))
    }

    /// Inflates into a buffer until it is full or the block ends.
    fn inflate(&mut self, source: &dyn Source, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        loop {
            if self.unread.is_empty() {
                self.fetch(source)?;
            }
            let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
            let output = &mut buffer[filled..];
            self.inflater
                .decompress(&self.packed[self.unread.clone()], output, FlushDecompress::None)
                .map_err(|error| damaged(self.block, &format!("cannot be inflated: {error}")))?;
            let read = self.inflater.total_in() - read;
            let written = self.inflater.total_out() - written;
            self.unread.start += usize::try_from(read).unwrap_or(usize::MAX);
            filled += usize::try_from(written).unwrap_or(usize::MAX);
            // The decoder makes no progress if the buffer is full or the block has ended.
            if filled == buffer.len() || (read, written) == (0, 0) {
                return Ok(filled);
            }
        }
    }

    fn fetch(&mut self, source: &dyn Source) -> io::Result<()> {
        let left = u64::from(self.block.size) - self.fetched;
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
        source.read_exact_at(&mut self.packed[..count], self.block.offset + self.fetched)?;
        self.fetched += count as u64;
        self.unread = 0..count;
        Ok(())
    }
}
