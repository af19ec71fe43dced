//! Detection of an archive's container by its first and last bytes.

use std::io;

use crate::codec::Codec;
use crate::read::container::Container;
use crate::source::Source;
use crate::verify::tar_header::{BLOCK, resembles_tar_header};
use crate::zip_signature::{END, LOCAL_HEADER};

const ZIP_END_LENGTH: usize = 22;
/// The maximum length of a zip's end record with its comment.
const ZIP_TAIL: u64 = 0xffff + ZIP_END_LENGTH as u64;

/// The number of bytes at the start that are needed to detect a container.
pub(crate) const HEAD: usize = BLOCK;

/// Detects the container by its first bytes. Returns `None` if they match none exactly.
pub(crate) fn detect_exactly(head: &[u8]) -> Option<Container> {
    if head.starts_with(LOCAL_HEADER) || head.starts_with(END) {
        return Some(Container::Zip);
    }
    if let Some(codec) = Codec::of(head) {
        return Some(codec.into());
    }
    let mut block = [0; BLOCK];
    let length = head.len().min(BLOCK);
    block[..length].copy_from_slice(&head[..length]);
    resembles_tar_header(&block).then_some(Container::Tar)
}

/// Detects the container by its first bytes, even if one bit of its signature is flipped: reading
/// the container then reports the damage. Other content counts as a tar.
pub(crate) fn detect_nearly(head: &[u8]) -> Container {
    let is_near = |magic: &[u8]| head.len() >= magic.len() && flipped_bits(head, magic) <= 1;
    if is_near(LOCAL_HEADER) {
        return Container::Zip;
    }
    let codec = Codec::MAGICS.iter().find(|(_, magic)| is_near(magic));
    codec.map_or(Container::Tar, |(codec, _)| (*codec).into())
}

fn flipped_bits(bytes: &[u8], magic: &[u8]) -> u32 {
    bytes.iter().zip(magic).map(|(left, right)| (left ^ right).count_ones()).sum()
}

/// Detects the container of a source by its first and last bytes.
pub(crate) fn detect(source: &dyn Source, head: &[u8]) -> io::Result<Container> {
    match detect_exactly(head) {
        Some(container) => Ok(container),
        // Zips are read from their end, so a zip with a damaged start is still recognized.
        None if ends_like_zip(source)? => Ok(Container::Zip),
        None => Ok(detect_nearly(head)),
    }
}

fn ends_like_zip(source: &dyn Source) -> io::Result<bool> {
    let size = source.size()?;
    let start = size.saturating_sub(ZIP_TAIL);
    let mut tail = vec![0; (size - start) as usize];
    source.read_exact_at(&mut tail, start)?;
    let Some(at) = tail.windows(END.len()).rposition(|bytes| bytes == END) else {
        return Ok(false);
    };
    let comment = tail.get(at + 20..at + ZIP_END_LENGTH).map(|bytes| [bytes[0], bytes[1]]);
    let rest = tail.len().checked_sub(at + ZIP_END_LENGTH);
    Ok(comment.is_some_and(|length| Some(usize::from(u16::from_le_bytes(length))) == rest))
}

/// Returns `true` if a source consists of complete tar blocks and ends with two blocks of zeros.
pub(crate) fn ends_like_tar(source: &dyn Source) -> io::Result<bool> {
    const MARKER: u64 = 2 * BLOCK as u64;
    let size = source.size()?;
    if size <= MARKER || size % BLOCK as u64 != 0 {
        return Ok(false);
    }
    let mut marker = [0xff; MARKER as usize];
    source.read_exact_at(&mut marker, size - MARKER)?;
    Ok(marker == [0; MARKER as usize])
}
