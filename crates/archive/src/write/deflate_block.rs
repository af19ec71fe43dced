//! Deflates one block of a stream.
//!
//! # How blocks are joined
//!
//! The format is RFC 1951. A deflate stream consists of parts; the first bit of each part is set
//! only in the last part of the stream, and a part can end within a byte. libdeflate can only
//! create complete streams, so each block is first deflated into a complete stream. Two changes
//! make it possible to append another block to it:
//!
//! 1. The bit that marks the last part is cleared.
//! 2. An empty stored part is appended (what zlib calls a sync flush). It ends on a byte boundary.
//!
//! The position of the bit is known only after the stream was decoded up to its last part. The
//! [checker](DeflateChecker) decodes it and compares it with the input.
//!
//! # Verification of what was written
//!
//! Because of that comparison, a zip is not read back completely after it was written. Each block
//! was decoded by other code than the library that deflated it, and on all processors; at the end
//! the file is hashed and its directory is read. Together, this verifies as much as reading the zip
//! back.

use std::io;

use crate::write::compressor::Compressor;
use crate::write::deflate_check::{Checked, DeflateChecker};
use crate::write::level::Level;

/// The maximum length of a stored part's content in bytes.
const STORED: usize = 65_535;
/// The size of the sample that is compressed first if the bytes of a block look random.
const SAMPLE: usize = 16 << 10;

/// The maximum size of a block that is compressed with the level for small blocks.
const SMALL: usize = 64 << 10;

/// The end of a stream: an empty part that is marked as the last one.
pub(crate) const END: [u8; 2] = [0x03, 0x00];

/// The length of an empty stored part, and its complement.
const NO_BYTES: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// The number of bits in a part's header: one that marks the last part, and two for its kind.
const HEADER: usize = 3;

/// A deflater of blocks. It allocates the tables of its libraries once.
pub(crate) struct BlockDeflater {
    compressor: Compressor,
    /// The compressor of blocks of up to [`SMALL`] bytes.
    small: Compressor,
    /// The compressor of samples. It is fast, because only an estimate is needed.
    quick: Compressor,
    checker: DeflateChecker,
}

impl BlockDeflater {
    pub(crate) fn new(level: Level) -> io::Result<Self> {
        Ok(Self {
            compressor: Compressor::new(level)?,
            small: Compressor::for_small_blocks(level)?,
            quick: Compressor::new(Level::Fast)?,
            checker: DeflateChecker::new(),
        })
    }

    /// Appends the deflated block to `output`, and verifies that it inflates to the same bytes.
    ///
    /// A block that does not become smaller is stored uncompressed. Layers that are already
    /// compressed are therefore copied, which is fast.
    pub(crate) fn deflate(&mut self, block: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        let start = output.len();
        let is_worthwhile = self.is_worthwhile(block);
        let compressor = match block.len() <= SMALL {
            true => &mut self.small,
            false => &mut self.compressor,
        };
        if is_worthwhile && compress(compressor, block, output) {
            let unused_bits = self.open_end(block, &mut output[start..])?;
            if unused_bits < HEADER {
                output.push(0);
            }
        } else {
            output.truncate(start);
            store(block, output);
            output.push(0);
        }
        output.extend_from_slice(&NO_BYTES);
        Ok(())
    }

    /// Returns `true` if a block is likely to become smaller. This is decided by the distribution
    /// of its bytes and, if they look random, by compressing a sample.
    fn is_worthwhile(&mut self, block: &[u8]) -> bool {
        if !looks_random(block) {
            return true;
        }
        let sample = &block[..block.len().min(SAMPLE)];
        let mut tried = Vec::new();
        compress(&mut self.quick, sample, &mut tried) && tried.len() < sample.len() / 100 * 98
    }

    /// Compares a complete stream with the block, and clears the bit that marks the last part of
    /// the stream. Returns the number of unused bits in the last byte.
    fn open_end(&mut self, block: &[u8], stream: &mut [u8]) -> io::Result<usize> {
        let differs = || io::Error::other("a deflated block does not inflate to its content");
        let Checked { last_part, end } = self.checker.check(stream, block).ok_or_else(differs)?;
        let unused_bits = (stream.len() * 8).checked_sub(end).filter(|unused| *unused < 8);
        stream[last_part / 8] &= !(1 << (last_part % 8));
        unused_bits.ok_or_else(differs)
    }
}

/// Appends the input, deflated into one complete stream. Returns `false` if the stream is not
/// shorter than the stored input; the caller must then truncate the output.
fn compress(compressor: &mut Compressor, input: &[u8], output: &mut Vec<u8>) -> bool {
    let (start, stored) = (output.len(), stored_size(input.len()));
    output.resize(start + stored, 0);
    match compressor.deflate(input, &mut output[start..]) {
        Some(length) => {
            output.truncate(start + length);
            length < stored
        }
        None => false,
    }
}

/// Appends a block as stored parts.
fn store(block: &[u8], output: &mut Vec<u8>) {
    output.reserve(stored_size(block.len()));
    for piece in block.chunks(STORED) {
        let length = piece.len() as u16;
        output.push(0);
        output.extend_from_slice(&length.to_le_bytes());
        output.extend_from_slice(&(!length).to_le_bytes());
        output.extend_from_slice(piece);
    }
}

fn stored_size(length: usize) -> usize {
    length + length.div_ceil(STORED) * 5
}

/// Returns `true` if the bytes are distributed as in compressed data: with more than 7.9 bits of
/// entropy per byte.
///
/// In a large block, only a sample of the bytes at a regular distance is counted.
fn looks_random(block: &[u8]) -> bool {
    let mut counts = [0_u32; 256];
    // The step is odd, so that all columns of tabular data are counted.
    let step = (block.len() / SAMPLE) | 1;
    for &byte in block.iter().step_by(step) {
        counts[usize::from(byte)] += 1;
    }
    let total = block.len().div_ceil(step) as f64;
    let bits: f64 = counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f64::from(count) / total;
            -share * share.log2()
        })
        .sum();
    bits > 7.9
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use crate::write::cut::cutter::MOST as BLOCK;

    use proptest::prelude::*;
    use sealift_testing::layouts::noise;

    use super::*;

    fn deflated(blocks: &[&[u8]], level: Level) -> Vec<u8> {
        let mut deflater = BlockDeflater::new(level).unwrap();
        let mut stream = Vec::new();
        for block in blocks {
            deflater.deflate(block, &mut stream).unwrap();
        }
        stream.extend(END);
        stream
    }

    fn inflated(stream: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(stream).read_to_end(&mut content).unwrap();
        content
    }

    #[test]
    fn incompressible_blocks_are_stored() {
        let noise = noise(BLOCK);
        let stream = deflated(&[&noise], Level::Default);
        assert_eq!(stream.len(), stored_size(BLOCK) + 1 + NO_BYTES.len() + END.len());
        assert_eq!(inflated(&stream), noise);
    }

    #[test]
    fn each_block_is_compressed_or_stored_independently() {
        let (noise, text) = (noise(BLOCK), b"a few words ".repeat(BLOCK / 12));
        let stream = deflated(&[&text, &noise, &text], Level::Default);
        assert!(stream.len() < BLOCK + BLOCK / 20, "{}", stream.len());
        assert_eq!(inflated(&stream), [&text[..], &noise, &text].concat());
    }

    #[test]
    fn a_damaged_stream_fails_the_comparison() {
        let text: Vec<u8> = noise(BLOCK).iter().map(|byte| b'a' + byte % 16).collect();
        let mut deflater = BlockDeflater::new(Level::Default).unwrap();
        let mut stream = Vec::new();
        assert!(compress(&mut deflater.compressor, &text, &mut stream));
        for at in (0..stream.len()).step_by(997) {
            let mut damaged = stream.clone();
            damaged[at] ^= 0x10;
            assert!(deflater.open_end(&text, &mut damaged).is_err(), "{at}");
        }
        assert!(deflater.open_end(&text[1..], &mut stream.clone()).is_err());
        let short = stream.len() - 1;
        assert!(deflater.open_end(&text, &mut stream.clone()[..short]).is_err());
        assert!(deflater.open_end(&text, &mut stream).is_ok());
    }

    proptest! {
        #[test]
        fn blocks_of_any_content_join_into_one_stream(
            blocks in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..2_000),
                    (any::<u8>(), 0_usize..70_000).prop_map(|(byte, length)| vec![byte; length]),
                    (0_usize..70_000).prop_map(noise),
                ],
                0..6,
            ),
            level in prop_oneof![Just(Level::Fast), Just(Level::Default), Just(Level::Best)],
        ) {
            let slices: Vec<&[u8]> = blocks.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(inflated(&deflated(&slices, level)), blocks.concat());
        }
    }
}
