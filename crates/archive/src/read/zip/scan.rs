//! Finds the independent deflate blocks of a zip by inflating it once.
//!
//! A deflate stream consists of parts, which RFC 1951 calls blocks. A part may refer to content
//! that is up to 32 KiB before it, so that most streams can only be read from their start. A stream
//! of sealift's can be read from other places: each block of up to 256 KiB of content begins anew,
//! and ends with an empty stored part. So the scan inflates each block into a buffer of its own.
//! What refers to earlier content fails there, and shows that the stream is another writer's.
//!
//! Earlier versions wrote blocks of 256 KiB, and ended those that were stored without the empty
//! part. Such a block ends after the last stored part that fits.

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

const IN_PARTS: u32 = TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
/// A stored part without content that starts at a byte and is not the last one.
const EMPTY: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// What a scan finds.
pub(crate) enum Scan {
    /// Blocks that can be inflated by themselves. Parts without content at the start or at the end
    /// of the member belong to none.
    Independent(BlockTable),
    /// The blocks depend on each other.
    Dependent,
    /// The caller asked to stop.
    Stopped,
}

/// Looks for the blocks of a deflated member. `on_bytes` is called with the number of packed bytes
/// that were read since the last call.
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
        return Err(broken("its member is not what the zip's directory describes"));
    }
    Ok(Scan::Independent(table))
}

/// The packed bytes of a member, read in large pieces.
struct Window<'a> {
    source: &'a dyn Source,
    member: &'a Member,
    bytes: Vec<u8>,
    /// Where they start in the member.
    start: u64,
}

impl<'a> Window<'a> {
    /// How much is read at a time.
    const SIZE: usize = 1 << 20;

    fn new(source: &'a dyn Source, member: &'a Member) -> Self {
        Self { source, member, bytes: Vec::new(), start: 0 }
    }

    /// Returns the bytes from an offset on, as many as a block has at most or as there are.
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

/// The lengths of a piece that can be inflated by itself.
#[derive(Clone, Copy)]
struct IndependentPiece {
    packed: usize,
    plain: usize,
    /// The stream ends with it.
    is_last: bool,
}

/// Returns the piece at the start of the packed bytes that can be inflated by itself: the one up to
/// the first empty stored part, or otherwise the longest one up to a stored part.
fn first_piece(
    inflater: &mut DecompressorOxide,
    packed: &[u8],
    content: &mut [u8],
) -> Option<IndependentPiece> {
    inflater.init();
    let (mut read, mut written, mut bit) = (0, 0, 0);
    let mut longest = None;
    loop {
        // The two bits after the first one of a part are its kind.
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
                        // Further empty parts belong to no other block.
                        while packed[piece.packed..].starts_with(&EMPTY) {
                            piece.packed += EMPTY.len();
                        }
                        return Some(piece);
                    }
                    longest = Some(piece);
                }
            }
            // An end without content does not belong to the piece before it.
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

    /// Returns the lengths of the blocks of a stream.
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

    /// Deflates content up to an empty stored part.
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
        // More empty parts belong to the block before them.
        let stream = [&first[..], &EMPTY, &EMPTY, &second, &EMPTY, &END].concat();
        let expected = [(first.len() as u32 + 10, 400), (second.len() as u32 + 5, 36)];
        assert_eq!(blocks(&stream, &[&one[..], &two].concat()).unwrap(), expected);
    }

    #[test]
    fn blocks_of_earlier_versions_are_found() {
        // They have 256 KiB each, and end without an empty part if they are stored.
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
