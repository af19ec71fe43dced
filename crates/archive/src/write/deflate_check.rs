//! Comparison of a deflate stream with the content that it must inflate to.
//!
//! The format is RFC 1951. Unlike an inflater, the checker writes no output: it compares each
//! literal and each copy with the expected content. Everything before the current place is already
//! known to be equal, so the source of a copy is read from the expected content as well. The
//! checker also returns the position of the last part, which most inflaters do not return.
//!
//! The checker shares no code with the libraries that deflate.

mod bits;
mod code;

use crate::write::deflate_check::bits::Bits;
use crate::write::deflate_check::code::{
    Code, DISTANCE_TABLE, DISTANCES, LENGTH_TABLE, LENGTHS, LITERAL_TABLE, LITERALS, distance,
    length_of_code, literal,
};

/// The order in which the code lengths of [`LENGTHS`] symbols are stored.
const STORED_ORDER: [usize; LENGTHS] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The position of the last part of a stream, in bits from the start of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The start of the last part. The bit there marks it as the last one.
    pub(crate) last_part: usize,
    /// The end of the last part.
    pub(crate) end: usize,
}

/// A checker of deflate streams. It allocates its tables once.
pub(crate) struct DeflateChecker {
    literals: Code<LITERAL_TABLE, LITERALS>,
    distances: Code<DISTANCE_TABLE, DISTANCES>,
    lengths: Code<LENGTH_TABLE, LENGTHS>,
}

impl DeflateChecker {
    pub(crate) fn new() -> Self {
        Self { literals: Code::new(), distances: Code::new(), lengths: Code::new() }
    }

    /// Reads a complete stream, and returns `None` unless it inflates to exactly this content.
    /// Bytes after the stream are ignored.
    pub(crate) fn check(&mut self, stream: &[u8], content: &[u8]) -> Option<Checked> {
        let mut bits = Bits::new(stream);
        let mut at = 0;
        loop {
            let start = bits.position();
            bits.refill()?;
            let is_last = bits.take(1) == 1;
            at = match bits.take(2) {
                0 => stored(&mut bits, content, at)?,
                1 => {
                    self.read_fixed_codes()?;
                    self.coded(&mut bits, content, at)?
                }
                2 => {
                    self.read_codes(&mut bits)?;
                    self.coded(&mut bits, content, at)?
                }
                _ => return None,
            };
            bits.refill()?;
            if is_last {
                let checked = Checked { last_part: start, end: bits.position() };
                return (at == content.len()).then_some(checked);
            }
        }
    }

    fn read_fixed_codes(&mut self) -> Option<()> {
        let mut lengths = [8; LITERALS];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.literals.set(&lengths, literal)?;
        self.distances.set(&[5; DISTANCES], distance)
    }

    /// Reads the codes of a part, which are stored as the length of each symbol's code.
    fn read_codes(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let literals = 257 + bits.take(5);
        let distances = 1 + bits.take(5);
        let stored = 4 + bits.take(4);
        let mut lengths = [0; LENGTHS];
        for &symbol in STORED_ORDER.iter().take(stored) {
            bits.refill()?;
            lengths[symbol] = bits.take(3) as u8;
        }
        self.lengths.set(&lengths, length_of_code)?;

        let mut lengths = [0; LITERALS + DISTANCES];
        let (mut count, mut previous) = (0, 0);
        while count < literals + distances {
            bits.refill()?;
            let (length, repeat) = match self.lengths.next(bits)?.value() {
                length @ 0..=15 => (length as u8, 1),
                16 if count > 0 => (previous, 3 + bits.take(2)),
                17 => (0, 3 + bits.take(3)),
                18 => (0, 11 + bits.take(7)),
                _ => return None,
            };
            lengths.get_mut(count..count + repeat)?.fill(length);
            count += repeat;
            previous = length;
        }
        if count > literals + distances || literals > LITERALS - 2 {
            return None;
        }
        self.literals.set(&lengths[..literals], literal)?;
        self.distances.set(&lengths[literals..literals + distances], distance)
    }

    /// Compares a part with codes, and returns the place in the content where it ends.
    fn coded(&self, source: &mut Bits<'_>, content: &[u8], mut at: usize) -> Option<usize> {
        // A copy of its own stays in registers.
        let mut bits = *source;
        loop {
            bits.refill()?;
            let mut entry = self.literals.next(&mut bits)?;
            // One refill has enough bits for three codes of literals.
            if let Some(byte) = entry.literal() {
                at = literal_at(content, at, byte)?;
                entry = self.literals.next(&mut bits)?;
                if let Some(byte) = entry.literal() {
                    at = literal_at(content, at, byte)?;
                    entry = self.literals.next(&mut bits)?;
                    if let Some(byte) = entry.literal() {
                        at = literal_at(content, at, byte)?;
                        continue;
                    }
                }
                bits.refill()?;
            }
            if !entry.is_copy() {
                *source = bits;
                return entry.is_end().then_some(at);
            }
            // One refill also has enough bits for a code of a length, a code of a distance, and
            // the bits that follow these.
            let length = entry.value() + bits.take(entry.extra());
            let entry = self.distances.next(&mut bits)?;
            let distance = entry.value() + bits.take(entry.extra());
            let from = at.checked_sub(distance)?;
            if !entry.is_copy() || !is_copy(content, at, from, length) {
                return None;
            }
            at += length;
        }
    }
}

/// Compares a literal, and returns the place after it.
#[inline]
fn literal_at(content: &[u8], at: usize, byte: u8) -> Option<usize> {
    (*content.get(at)? == byte).then_some(at + 1)
}

/// Compares a stored part, and returns the place in the content where it ends.
fn stored(bits: &mut Bits<'_>, content: &[u8], at: usize) -> Option<usize> {
    bits.refill()?;
    let bytes = bits.whole_bytes();
    let (&[low, high, not_low, not_high], bytes) = bytes.split_first_chunk()?;
    if [low, high] != [!not_low, !not_high] {
        return None;
    }
    let length = usize::from(u16::from_le_bytes([low, high]));
    let end = at + length;
    if bytes.get(..length)? != content.get(at..end)? {
        return None;
    }
    bits.restart_at(4 + length);
    Some(end)
}

/// Returns `true` if `length` bytes of the content at these two places are equal. The places can
/// overlap: a copy repeats what it has just written.
#[inline]
fn is_copy(content: &[u8], to: usize, from: usize, length: usize) -> bool {
    let word = |at: usize| Some(u128::from_le_bytes(*content.get(at..)?.first_chunk()?));
    let (mut to, mut from, mut length) = (to, from, length);
    while let (Some(here), Some(there)) = (word(to), word(from)) {
        let differing = here ^ there;
        if length <= 16 {
            return differing << (128 - 8 * length) == 0;
        }
        if differing != 0 {
            return false;
        }
        (to, from, length) = (to + 16, from + 16, length - 16);
    }
    let (here, there) = (content.get(to..to + length), content.get(from..from + length));
    here.is_some() && here == there
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use miniz_oxide::inflate::TINFLStatus;
    use miniz_oxide::inflate::core::inflate_flags::{
        TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
    };
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
    use proptest::prelude::*;
    use sealift_testing::layouts::noise;

    use crate::write::compressor::Compressor;
    use crate::write::level::Level;

    use super::*;

    fn check(stream: &[u8], content: &[u8]) -> Option<Checked> {
        DeflateChecker::new().check(stream, content)
    }

    /// Deflates pieces with zlib-rs, each up to the end of a part.
    fn deflated(pieces: &[Vec<u8>], level: u32) -> Vec<u8> {
        let level = flate2::Compression::new(level);
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
        for piece in pieces {
            encoder.write_all(piece).unwrap();
            encoder.flush().unwrap();
        }
        encoder.finish().unwrap()
    }

    fn inflated(stream: &[u8]) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(stream).read_to_end(&mut content).ok()?;
        Some(content)
    }

    /// Returns the bit at which miniz_oxide finds the last part, and the number of bytes it reads.
    fn last_part(stream: &[u8], size: usize) -> (usize, usize) {
        let flags = TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let mut inflater = DecompressorOxide::new();
        let mut content = vec![0; size];
        let (mut read, mut written, mut last_part) = (0, 0, 0);
        loop {
            let (status, taken, given) =
                decompress(&mut inflater, &stream[read..], &mut content, written, flags);
            read += taken;
            written += given;
            match inflater.block_boundary_state() {
                Some(part) => last_part = read * 8 - usize::from(part.num_bits),
                None => {
                    assert_eq!(status, TINFLStatus::Done);
                    return (last_part, read);
                }
            }
        }
    }

    /// Content with literals, copies from near and far, and runs.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(b'a'..b'h', 0..3_000),
            (any::<u8>(), 0_usize..3_000).prop_map(|(byte, length)| vec![byte; length]),
            (1_usize..70_000).prop_map(noise),
        ];
        (prop::collection::vec(piece, 0..6), 1_usize..4).prop_map(|(pieces, times)| {
            pieces.iter().cycle().take(pieces.len() * times).flatten().copied().collect()
        })
    }

    /// A writer of single bits, the lowest bit of each number first.
    #[derive(Default)]
    struct BitWriter(Vec<bool>);

    impl BitWriter {
        fn put(mut self, number: usize, count: usize) -> Self {
            self.0.extend((0..count).map(|bit| number >> bit & 1 == 1));
            self
        }

        /// Codes are stored from their highest bit on.
        fn code(mut self, code: usize, count: usize) -> Self {
            self.0.extend((0..count).rev().map(|bit| code >> bit & 1 == 1));
            self
        }

        fn bytes(self) -> Vec<u8> {
            let byte = |bits: &[bool]| {
                bits.iter().enumerate().map(|(at, &bit)| u8::from(bit) << at).sum::<u8>()
            };
            self.0.chunks(8).map(byte).collect()
        }
    }

    /// Returns the code of a literal below 144 in a part with fixed codes.
    fn fixed(byte: u8) -> usize {
        0x30 + usize::from(byte)
    }

    #[test]
    fn parts_with_fixed_codes_are_read() {
        let part = || BitWriter::default().put(1, 1).put(1, 2).code(fixed(b'a'), 8);
        let end = |part: BitWriter| part.code(0, 7).bytes();
        assert_eq!(check(&end(part()), b"a"), Some(Checked { last_part: 0, end: 18 }));
        // Symbol 257 is a copy of 3 bytes, symbol 0 the distance 1.
        let copied = || part().code(1, 7).code(0, 5);
        assert!(check(&end(copied()), b"aaaa").is_some());
        assert!(check(&end(copied()), b"aaab").is_none());
        assert!(check(&end(copied()), b"aaaaa").is_none());
        assert!(check(&end(copied()), b"aaa").is_none());
        // A distance of 2 is before the start.
        assert!(check(&end(part().code(1, 7).code(1, 5)), b"aaaa").is_none());
        // The last two symbols of both codes have no meaning.
        assert!(check(&end(part().code(0b1100_0110, 8).code(0, 5)), b"aaaa").is_none());
        assert!(check(&end(part().code(1, 7).code(30, 5).put(0, 14)), b"aaaa").is_none());
        // A part without an end.
        assert!(check(&part().bytes(), b"a").is_none());
    }

    #[test]
    fn stored_parts_are_read() {
        let stream = [1, 3, 0, 0xfc, 0xff, b'a', b'b', b'c'];
        assert_eq!(check(&stream, b"abc"), Some(Checked { last_part: 0, end: 64 }));
        assert!(check(&stream[..7], b"abc").is_none());
        assert!(check(&stream, b"abd").is_none());
        assert!(check(&[1, 3, 0, 0xfc, 0xfe, b'a', b'b', b'c'], b"abc").is_none());
    }

    #[test]
    fn parts_of_an_unknown_kind_and_streams_without_an_end_are_refused() {
        assert!(check(&[0b111], b"").is_none());
        assert!(check(&[], b"").is_none());
        assert!(check(&[0, 0, 0, 0xff, 0xff], b"").is_none());
        assert!(check(&[0, 0, 0, 0xff, 0xff, 3, 0], b"").is_some());
    }

    #[test]
    fn every_damaged_bit_is_detected() {
        let text: Vec<u8> = noise(700).iter().map(|byte| b'a' + byte % 16).collect();
        let content = [&text[..], &text[..], &[0; 300], &noise(100)].concat();
        for level in [0, 1, 6] {
            let stream = deflated(std::slice::from_ref(&content), level);
            assert!(check(&stream, &content).is_some());
            for length in 0..stream.len() {
                assert!(check(&stream[..length], &content).is_none(), "{length} bytes");
            }
            for bit in 0..stream.len() * 8 {
                let mut damaged = stream.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                // Some bits are padding.
                assert!(
                    check(&damaged, &content).is_none()
                        || inflated(&damaged).as_ref() == Some(&content),
                    "bit {bit}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn streams_of_two_libraries_are_read_as_miniz_oxide_reads_them(
            pieces in prop::collection::vec(content(), 0..4),
            level in 0_u32..10,
        ) {
            let content = pieces.concat();
            let stream = deflated(&pieces, level);
            let places = |checked: Checked| (checked.last_part, checked.end.div_ceil(8));
            let found = check(&stream, &content).map(places);
            prop_assert_eq!(found, Some(last_part(&stream, content.len())));

            let mut stream = vec![0; 2 * content.len() + 1024];
            for level in [Level::Fast, Level::Default, Level::Best] {
                let length =
                    Compressor::new(level).unwrap().deflate(&content, &mut stream).unwrap();
                let stream = &stream[..length];
                let found = check(stream, &content).map(places);
                prop_assert_eq!(found, Some(last_part(stream, content.len())));
            }
        }

        #[test]
        fn what_is_accepted_inflates_to_the_content(
            content in content(),
            level in 0_u32..10,
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
        ) {
            let mut stream = deflated(std::slice::from_ref(&content), level);
            for (at, byte) in damage {
                let at = at.index(stream.len());
                stream[at] = byte;
            }
            if check(&stream, &content).is_some() {
                prop_assert!(inflated(&stream).is_some_and(|inflated| inflated == content));
            }
        }
    }
}
