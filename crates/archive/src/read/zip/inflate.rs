//! Inflation of one independent deflate block of a zip.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use sealift_oci::Digest;

use crate::block_table::Block;
use crate::source::Source;

/// The maximum length of a block's content in bytes. Tables with larger blocks are refused, because
/// a block is kept in memory.
pub(crate) const MAX_PLAIN: usize = 256 << 10;
/// The maximum number of a block's packed bytes. Content that does not compress is stored in parts,
/// each with a header.
pub(crate) const MAX_PACKED: usize = MAX_PLAIN + (1 << 10);

/// Reads and inflates a block and returns its content.
///
/// # Errors
///
/// Those of [`inflate_packed`], and if the source cannot be read.
pub(crate) fn inflate(source: &dyn Source, block: Block) -> io::Result<Vec<u8>> {
    check_size(block)?;
    let mut packed = vec![0; block.size as usize];
    source.read_exact_at(&mut packed, block.offset)?;
    inflate_packed(&packed, block)
}

/// Inflates the packed bytes of a block and returns its content.
///
/// # Errors
///
/// If the packed bytes do not have the SHA-256 that the table states, or if they are not exactly
/// one block with content of the length that it states.
pub(crate) fn inflate_packed(packed: &[u8], block: Block) -> io::Result<Vec<u8>> {
    check_size(block)?;
    let (size, plain_size) = (block.size as usize, block.plain_size as usize);
    let checksums = block.checksums;
    if checksums.is_some_and(|checksums| checksums.packed_sha256 != Digest::of(packed)) {
        return Err(damaged(block, "does not have the SHA-256 that the block table states"));
    }
    // One additional byte detects content that is too long.
    let mut content = vec![0; plain_size + 1];
    let mut inflater = Decompress::new(false);
    loop {
        let (read, written) = (inflater.total_in(), inflater.total_out());
        let status = inflater
            .decompress(
                packed.get(read as usize..).unwrap_or_default(),
                content.get_mut(written as usize..).unwrap_or_default(),
                FlushDecompress::None,
            )
            .map_err(|error| damaged(block, &format!("cannot be inflated: {error}")))?;
        let is_idle = (inflater.total_in(), inflater.total_out()) == (read, written);
        if status == Status::StreamEnd || is_idle {
            break;
        }
    }
    if inflater.total_in() != size as u64 || inflater.total_out() != plain_size as u64 {
        return Err(damaged(block, "does not have the length that the block table states"));
    }
    content.truncate(plain_size);
    Ok(content)
}

pub(crate) fn check_size(block: Block) -> io::Result<()> {
    match block.size as usize > MAX_PACKED || block.plain_size as usize > MAX_PLAIN {
        true => Err(damaged(block, "is larger than the limit of 256 KiB")),
        false => Ok(()),
    }
}

pub(crate) fn damaged(block: Block, reason: &str) -> io::Error {
    let place = block.offset;
    io::Error::new(io::ErrorKind::InvalidData, format!("the block at byte {place} {reason}"))
}
