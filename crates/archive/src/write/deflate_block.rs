//! Deflates a stream block by block: what one thread does with one block.
//!
//! Format: RFC 1951. A block of ours is deflated into a whole stream, as libdeflate makes no
//! others: that several join into one, the mark of the last part is taken away in each, and an
//! empty stored part (zlib's sync flush) follows it, so that it ends on a byte. miniz_oxide,
//! which stops between the parts of a stream, finds the mark while it proves that the block reads
//! back.
//!
//! A zip is therefore not read back as a whole after it was written. Each block is inflated by
//! another library than the one that deflated it and compared when it is made, on all processors;
//! at the end the file is hashed and its directory is read. Together that proves the same.

use std::io;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{BlockBoundaryState, DecompressorOxide, decompress};

use crate::write::compressor::Compressor;
use crate::write::level::Level;

/// The longest stored part.
const STORED: usize = 65_535;
/// How much of a block is tried before all of it is, if its bytes look random.
const SAMPLE: usize = 16 << 10;

/// The most content of a block that is compressed harder.
const SMALL: usize = 64 << 10;

/// What a stream ends with: a last part of no bytes.
pub(crate) const END: [u8; 2] = [0x03, 0x00];

/// The length of a stored part of no bytes, and its complement.
const NO_BYTES: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// How to inflate: into one slice, and with a stop after each part.
const IN_PARTS: u32 = TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
/// How many bits the kind of a part takes, and whether it is the last one.
const HEADER: u8 = 3;

/// Deflates one block after the other; its tables are made once.
pub(crate) struct BlockDeflater {
    compressor: Compressor,
    /// For blocks of up to [`SMALL`] bytes.
    small: Compressor,
    /// For samples: all that matters is whether anything is gained.
    quick: Compressor,
    /// On the heap, as its tables are large.
    inflater: Box<DecompressorOxide>,
    /// What a block inflates to.
    content: Vec<u8>,
}

impl BlockDeflater {
    pub(crate) fn new(level: Level) -> io::Result<Self> {
        Ok(Self {
            compressor: Compressor::new(level)?,
            small: Compressor::for_small_blocks(level)?,
            quick: Compressor::new(Level::Fast)?,
            inflater: Box::default(),
            content: Vec::new(),
        })
    }

    /// Appends the deflated block to `output`, and verifies that it reads back as what it was.
    ///
    /// A block that doesn't get smaller is stored as it is: layers that are compressed already cost
    /// a copy, not a compression.
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

    /// Returns `true` if a block may get smaller, judged by the distribution of its bytes and, if
    /// that looks random, by a trial.
    fn is_worthwhile(&mut self, block: &[u8]) -> bool {
        if !looks_random(block) {
            return true;
        }
        let sample = &block[..block.len().min(SAMPLE)];
        let mut tried = Vec::new();
        compress(&mut self.quick, sample, &mut tried) && tried.len() < sample.len() / 100 * 98
    }

    /// Removes the mark that a complete stream has at its last part, and reads all of it back.
    /// Returns how many bits of the last byte are unused.
    fn open_end(&mut self, block: &[u8], stream: &mut [u8]) -> io::Result<u8> {
        let differs = || io::Error::other("a block reads back as another than it was");
        // It only grows, as it would be filled with zeros again.
        if self.content.len() < block.len() {
            self.content.resize(block.len(), 0);
        }
        let content = &mut self.content[..block.len()];
        let (mut read, mut written) = (0, 0);
        // The next part begins within what was read, that many bits before its end.
        let mut part = BlockBoundaryState::default();
        loop {
            let start = read * 8 - usize::from(part.num_bits);
            let (byte, mark) = (stream.get_mut(start / 8).ok_or_else(differs)?, 1 << (start % 8));
            let is_last = *byte & mark != 0;
            *byte &= !mark;
            part.bit_buf &= !1;

            *self.inflater = DecompressorOxide::from_block_boundary_state(&part);
            let (status, taken, given) =
                decompress(&mut self.inflater, &stream[read..], content, written, IN_PARTS);
            read += taken;
            written += given;
            part = match (status, self.inflater.block_boundary_state()) {
                (TINFLStatus::BlockBoundary, Some(next)) => next,
                _ => return Err(differs()),
            };
            if is_last {
                break;
            }
        }
        let is_same = read == stream.len() && written == block.len() && content == block;
        if is_same { Ok(part.num_bits) } else { Err(differs()) }
    }
}

/// Appends the input, deflated into one stream. Returns `false` if storing it takes no more room;
/// what was appended is of no use then.
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

/// Appends a block as it is.
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

/// Returns `true` if bytes are spread as evenly as in compressed data: above 7.9 bits of entropy a
/// byte.
///
/// Of a large block, every some bytes are counted.
fn looks_random(block: &[u8]) -> bool {
    let mut counts = [0_u32; 256];
    // An odd step counts all columns of a table.
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
    fn what_does_not_compress_is_stored() {
        let noise = noise(BLOCK);
        let stream = deflated(&[&noise], Level::Default);
        assert_eq!(stream.len(), stored_size(BLOCK) + 1 + NO_BYTES.len() + END.len());
        assert_eq!(inflated(&stream), noise);
    }

    #[test]
    fn each_block_is_decided_by_itself() {
        let (noise, text) = (noise(BLOCK), b"a few words ".repeat(BLOCK / 12));
        let stream = deflated(&[&text, &noise, &text], Level::Default);
        assert!(stream.len() < BLOCK + BLOCK / 20, "{}", stream.len());
        assert_eq!(inflated(&stream), [&text[..], &noise, &text].concat());
    }

    #[test]
    fn a_damaged_block_is_not_taken_for_what_it_was() {
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
