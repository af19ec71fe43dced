//! Search for the independent deflate blocks of a zip, by inflating it once.
//!
//! A deflate stream consists of parts, which RFC 1951 calls blocks. A part can refer to content up
//! to 32 KiB before it, so most streams can only be read from their start. Streams that sealift
//! writes consist of larger units, which sealift calls blocks: each has up to 256 KiB of content,
//! does not refer to content before it, and ends with an empty stored part.
//!
//! The scan therefore inflates the stream up to each empty stored part, each time into a buffer
//! without earlier content. If a part refers to earlier content, inflating it fails, and the stream
//! has no independent blocks.
//!
//! Earlier versions of sealift wrote blocks of exactly 256 KiB, and did not write the empty part
//! after a block that they stored uncompressed. Such a block ends with the last stored part that
//! fits into the buffer.

use std::io;
use std::ops::ControlFlow;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use sealift_oci::Digest;

use crate::block_table::{BlockChecksums, BlockTable};
use crate::read::zip::inflate::{MAX_PACKED, MAX_PLAIN};
use crate::read::zip::member::Member;
use crate::read::zip::record::{MemberError, broken};
use crate::source::Source;

/// Flags that make the decoder stop after each part and inflate into one slice.
const IN_PARTS: u32 = TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
/// An empty stored part that starts on a byte boundary and is not the last one.
const EMPTY: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// The result of a scan.
pub(crate) enum Scan {
    /// The member consists of independent blocks. Empty parts at its start or its end belong to no
    /// block.
    Independent(BlockTable),
    /// The parts refer to earlier content.
    Dependent,
    /// The callback cancelled the scan.
    Stopped,
}

/// Searches for the blocks of a deflated member and checks the member's size and CRC-32.
/// `on_bytes` receives the number of packed bytes that were read since its last call.
pub(crate) fn scan(
    source: &dyn Source,
    member: &Member,
    on_bytes: &dyn Fn(u64) -> ControlFlow<()>,
) -> Result<Scan, MemberError> {
    let mut table = BlockTable::new(member.start);
    let mut window = Window::new(source, member);
    let mut inflater = Box::<DecompressorOxide>::default();
    let mut content = vec![0; MAX_PLAIN];
    let (mut offset, mut plain_size) = (0, 0);
    let mut crc = crc32fast::Hasher::new();
    loop {
        let packed = window.at(offset)?;
        let Some(piece) = first_piece(&mut inflater, packed, &mut content) else {
            return Ok(Scan::Dependent);
        };
        if on_bytes(piece.packed as u64).is_break() {
            return Ok(Scan::Stopped);
        }
        let plain = &content[..piece.plain];
        crc.update(plain);
        offset += piece.packed as u64;
        plain_size += piece.plain as u64;
        if piece.plain > 0 {
            let sha256 = Digest::of(&packed[..piece.packed]);
            let checksums = BlockChecksums::new(sha256, crc32fast::hash(plain));
            table.push(piece.packed as u32, piece.plain as u32, Some(checksums));
        }
        if piece.is_last {
            break;
        }
    }
    let is_whole = offset == member.packed_size && plain_size == member.size;
    if !is_whole || crc.finalize() != member.crc {
        return Err(broken(
            "its member does not have the size or the checksum that the zip states",
        ));
    }
    Ok(Scan::Independent(table))
}

/// A window onto the packed bytes of a member, which are read in large pieces.
struct Window<'a> {
    source: &'a dyn Source,
    member: &'a Member,
    bytes: Vec<u8>,
    /// Offset of `bytes` in the member.
    start: u64,
}

impl<'a> Window<'a> {
    /// The number of bytes that are read at a time.
    const SIZE: usize = 1 << 20;

    fn new(source: &'a dyn Source, member: &'a Member) -> Self {
        Self { source, member, bytes: Vec::new(), start: 0 }
    }

    /// Returns the bytes from an offset on: up to the maximum size of a block.
    fn at(&mut self, offset: u64) -> io::Result<&[u8]> {
        let length = |limit| {
            usize::try_from(self.member.packed_size - offset).map_or(limit, |left| left.min(limit))
        };
        let end = offset + length(MAX_PACKED) as u64;
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            self.bytes.resize(length(Self::SIZE), 0);
            self.source.read_exact_at(&mut self.bytes, self.member.start + offset)?;
            self.start = offset;
        }
        let skipped = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let rest = self.bytes.get(skipped..).unwrap_or_default();
        Ok(&rest[..rest.len().min(MAX_PACKED)])
    }
}

/// A piece of the stream that inflates independently, by its lengths in bytes.
#[derive(Clone, Copy)]
struct IndependentPiece {
    packed: usize,
    plain: usize,
    /// Whether the stream ends with the piece.
    is_last: bool,
}

/// Returns the independent piece at the start of the packed bytes. It ends with the first empty
/// stored part. If there is no such part, it ends with the last stored part that the buffer has
/// room for. Returns `None` if there is neither.
fn first_piece(
    inflater: &mut DecompressorOxide,
    packed: &[u8],
    content: &mut [u8],
) -> Option<IndependentPiece> {
    inflater.init();
    let (mut read, mut written, mut bit) = (0, 0, 0);
    let mut longest = None;
    loop {
        // The first bit of a part marks the last one. The next two bits are its kind, which is 0
        // for a stored part.
        let is_stored = [bit + 1, bit + 2]
            .iter()
            .all(|bit| packed.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 0));
        let (status, taken, given) =
            decompress(inflater, &packed[read..], content, written, IN_PARTS);
        read += taken;
        let before = written;
        written += given;
        match status {
            TINFLStatus::BlockBoundary => {
                let unused_bits = inflater.block_boundary_state()?.num_bits;
                bit = (read * 8).checked_sub(usize::from(unused_bits))?;
                if is_stored && bit % 8 == 0 {
                    let mut piece =
                        IndependentPiece { packed: bit / 8, plain: written, is_last: false };
                    if written == before && written > 0 {
                        // Any further empty parts belong to this block as well.
                        while packed[piece.packed..].starts_with(&EMPTY) {
                            piece.packed += EMPTY.len();
                        }
                        return Some(piece);
                    }
                    longest = Some(piece);
                }
            }
            // An empty last part does not belong to the piece before it.
            TINFLStatus::Done if written == before && longest.is_some() && written > 0 => {
                return longest;
            }
            TINFLStatus::Done => {
                return Some(IndependentPiece { packed: read, plain: written, is_last: true });
            }
            _ => return longest,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::DeflateEncoder;
    use sealift_testing::layouts::noise;

    use super::*;

    const END: [u8; 2] = [3, 0];

    /// Returns the packed and plain lengths of a stream's blocks, or `None` if there are none.
    fn blocks(stream: &[u8], content: &[u8]) -> Option<Vec<(u32, u32)>> {
        let member = Member {
            name: "a".to_owned(),
            start: 0,
            packed_size: stream.len() as u64,
            deflated: true,
            size: content.len() as u64,
            crc: crc32fast::hash(content),
            packed_crc: None,
        };
        let Ok(Scan::Independent(table)) = scan(&stream, &member, &|_| ControlFlow::Continue(()))
        else {
            return None;
        };
        for block in table.iter() {
            let (start, plain) = (block.offset as usize, block.plain_offset as usize);
            let expected = BlockChecksums::new(
                Digest::of(&stream[start..][..block.size as usize]),
                crc32fast::hash(&content[plain..][..block.plain_size as usize]),
            );
            assert_eq!(block.checksums, Some(expected));
        }
        Some(table.iter().map(|block| (block.size, block.plain_size)).collect())
    }

    /// Deflates content and appends an empty stored part.
    fn flushed(content: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        encoder.flush().unwrap();
        encoder.get_ref().clone()
    }

    fn stored(content: &[u8]) -> Vec<u8> {
        let part = |piece: &[u8]| {
            let length = piece.len() as u16;
            [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), piece].concat()
        };
        content.chunks(65_535).flat_map(part).collect()
    }

    #[test]
    fn a_block_ends_with_an_empty_part() {
        let [one, two] = [b"one ".repeat(100), b"two ".repeat(9)];
        let (first, second) = (flushed(&one), flushed(&two));
        let stream = [&first[..], &second, &END].concat();
        let expected = [(first.len() as u32, 400), (second.len() as u32, 36)];
        assert_eq!(blocks(&stream, &[&one[..], &two].concat()).unwrap(), expected);
        // Further empty parts belong to the block before them.
        let stream = [&first[..], &EMPTY, &EMPTY, &second, &EMPTY, &END].concat();
        let expected = [(first.len() as u32 + 10, 400), (second.len() as u32 + 5, 36)];
        assert_eq!(blocks(&stream, &[&one[..], &two].concat()).unwrap(), expected);
    }

    #[test]
    fn blocks_of_earlier_versions_are_found() {
        // They have 256 KiB each, and no empty part at their end if they are stored.
        let (noise, text) = (noise(MAX_PLAIN), b"a few words ".repeat(MAX_PLAIN / 12 + 1));
        let text = &text[..MAX_PLAIN];
        let parts = [text, &noise, &noise, text, &noise, &noise[..100_000]];
        let packed = parts.map(|part| match part == text {
            true => flushed(part),
            false => stored(part),
        });
        let lengths = packed.iter().zip(&parts);
        let expected: Vec<(u32, u32)> =
            lengths.map(|(packed, part)| (packed.len() as u32, part.len() as u32)).collect();
        let stream = [packed.concat(), END.to_vec()].concat();
        assert_eq!(blocks(&stream, &parts.concat()).unwrap(), expected);
    }

    #[test]
    fn a_stream_that_refers_to_earlier_content_has_no_blocks() {
        let content = noise(300).repeat(2_000);
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        for piece in content.chunks(100_000) {
            encoder.write_all(piece).unwrap();
            encoder.flush().unwrap();
        }
        assert_eq!(blocks(&encoder.finish().unwrap(), &content), None);
    }
}
