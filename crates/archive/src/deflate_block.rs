//! Deflates a stream block by block: what one thread does with one block.
//!
//! Format: RFC 1951. Each block ends on a byte, by an empty stored block (zlib's sync flush), so that blocks
//! that were deflated apart join into one stream; each takes the 32 KiB before it as its dictionary, so that
//! little is lost by the cut.

use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};
use libdeflater::Decompressor;

use crate::Level;

/// How far back deflate looks.
pub(crate) const WINDOW: usize = 32 << 10;
/// How much of a stream is deflated at a time. Larger blocks gain next to nothing, and cost memory.
pub(crate) const BLOCK: usize = 256 << 10;
/// The longest stored block.
const STORED: usize = 65_535;
/// How much of a block is tried before all of it is, where its bytes look random.
const SAMPLE: usize = 16 << 10;

/// What a stream ends with: a last block of no bytes.
pub(crate) const END: [u8; 2] = [0x03, 0x00];

/// Deflates one block after the other; its tables are made once.
pub(crate) struct BlockDeflater {
    compress: Compress,
    /// For samples: all that matters is whether anything is gained.
    quick: Compress,
    check: Decompressor,
    /// A whole stream with the block in it, and what it inflates to.
    checked: (Vec<u8>, Vec<u8>),
}

impl BlockDeflater {
    pub(crate) fn new(level: Level) -> Self {
        Self {
            compress: Compress::new(Compression::new(level.number()), false),
            quick: Compress::new(Compression::fast(), false),
            check: Decompressor::new(),
            checked: (Vec::new(), Vec::new()),
        }
    }

    /// Appends the deflated block to `output`, and proves that it reads back as what it was.
    ///
    /// A block that doesn't get smaller is stored as it is: layers that are compressed already cost a
    /// copy, not a compression.
    pub(crate) fn deflate(
        &mut self,
        dictionary: &[u8],
        block: &[u8],
        output: &mut Vec<u8>,
    ) -> io::Result<()> {
        if self.is_worthwhile(block)? {
            self.compress.reset();
            set_dictionary(dictionary, |bytes| self.compress.set_dictionary(bytes).map(drop))?;
            compress_all(&mut self.compress, block, output)?;
            if output.len() < stored_size(block.len()) {
                return self.prove(dictionary, block, output);
            }
            output.clear();
        }
        store(block, output);
        Ok(())
    }

    /// Tells whether a block may get smaller, from the distribution of its bytes and, where that looks random,
    /// by a trial.
    fn is_worthwhile(&mut self, block: &[u8]) -> io::Result<bool> {
        if !looks_random(block) {
            return Ok(true);
        }
        let sample = &block[..block.len().min(SAMPLE)];
        let mut tried = Vec::with_capacity(stored_size(sample.len()));
        self.quick.reset();
        compress_all(&mut self.quick, sample, &mut tried)?;
        Ok(tried.len() < sample.len() / 100 * 98)
    }

    /// Reads a block back, by another library than the one that deflated it.
    ///
    /// That one only takes whole streams: the dictionary goes before the block, stored, and the end behind it.
    fn prove(&mut self, dictionary: &[u8], block: &[u8], output: &[u8]) -> io::Result<()> {
        let (stream, content) = &mut self.checked;
        stream.clear();
        store(dictionary, stream);
        stream.extend_from_slice(output);
        stream.extend_from_slice(&END);
        content.resize(dictionary.len() + block.len(), 0);
        let inflated = self.check.deflate_decompress(stream, content);
        match inflated {
            Ok(length) if length == content.len() && content[dictionary.len()..] == *block => {
                Ok(())
            }
            _ => Err(io::Error::other("a block reads back as another than it was")),
        }
    }
}

/// An empty dictionary isn't set: to some backends that is an error.
fn set_dictionary<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    dictionary: &[u8],
    set: impl FnOnce(&[u8]) -> Result<(), E>,
) -> io::Result<()> {
    match dictionary.is_empty() {
        true => Ok(()),
        false => set(dictionary).map_err(io::Error::other),
    }
}

/// Compresses all of the input, up to a byte's end.
fn compress_all(compress: &mut Compress, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
    let before = compress.total_in();
    loop {
        // More than a sync flush needs, so that room left over means that it is complete.
        output.reserve(input.len() / 2 + 64);
        let consumed = usize::try_from(compress.total_in() - before).unwrap_or(usize::MAX);
        let rest = input.get(consumed..).unwrap_or_default();
        let status = compress.compress_vec(rest, output, FlushCompress::Sync);
        match status.map_err(io::Error::other)? {
            Status::Ok | Status::BufError
                if compress.total_in() - before == input.len() as u64
                    && output.len() < output.capacity() =>
            {
                return Ok(());
            }
            Status::Ok | Status::BufError => {}
            Status::StreamEnd => return Err(io::Error::other("a block ended the stream")),
        }
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

/// Tells whether bytes are spread as evenly as in compressed data: above 7.9 bits of entropy a byte.
fn looks_random(block: &[u8]) -> bool {
    let mut counts = [0_u32; 256];
    for &byte in block {
        counts[usize::from(byte)] += 1;
    }
    let total = block.len() as f64;
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

    use proptest::prelude::*;
    use sealift_testing::layouts::noise;

    use super::*;

    fn deflated(blocks: &[&[u8]], level: Level) -> Vec<u8> {
        let mut deflater = BlockDeflater::new(level);
        let (mut stream, mut before) = (Vec::new(), Vec::new());
        for block in blocks {
            let mut output = Vec::new();
            let dictionary = &before[before.len().saturating_sub(WINDOW)..];
            deflater.deflate(dictionary, block, &mut output).unwrap();
            stream.extend(output);
            before.extend_from_slice(block);
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
        assert_eq!(stream.len(), stored_size(BLOCK) + END.len());
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
    fn a_block_refers_to_what_was_before_it() {
        let noise = noise(20_000);
        let stream = deflated(&[&noise, &noise], Level::Best);
        // Random bytes that were there before: the second block is next to nothing, if it is tried at all.
        let again = [&noise[..], &noise[..]].concat();
        assert_eq!(inflated(&stream), again);
        let letters: Vec<u8> = noise.iter().map(|byte| b'a' + byte % 16).collect();
        let apart = deflated(&[&letters], Level::Default).len();
        assert!(deflated(&[&letters, &letters], Level::Default).len() < apart + apart / 20);
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
