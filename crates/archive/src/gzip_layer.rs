//! A layer as a gzip stream that is composed of the deflated blocks of a zip.
//!
//! A gzip stream (RFC 1952) is a header, a deflate stream, the CRC-32 and the length. The blocks of
//! a zip's member are pieces of one deflate stream that do not refer to each other, so any run of
//! them can be copied into another deflate stream:
//!
//! ```text
//! header │ start of layer │ blocks, copied from the zip │ end of layer │ END │ CRC-32 │ length
//!          deflated again                                 deflated again
//! ```
//!
//! Zips that sealift writes have cuts at the start and the end of each layer, so that no part has
//! to be deflated again. The CRC-32 of the content is combined from those of the blocks, which the
//! block table contains.

use std::fmt;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use sealift_oci::Hasher;

use crate::access::{Access, Route};
use crate::archive_reader::ArchiveReader;
use crate::block_table::{Block, BlockTable};
use crate::error::{Error, Fault};
use crate::source::Source;
use crate::write::deflate_block::{BlockDeflater, END};
use crate::write::level::Level;

/// The header of a deflated gzip stream, without a name or a time, from an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A reader of a layer as a gzip stream, from
/// [`Archive::gzip_layer`](crate::Archive::gzip_layer).
///
/// Each block is compared with its SHA-256. If they differ, reading fails before the last bytes of
/// the block. Blocks are not inflated, except those that only partly belong to the layer.
///
/// # Errors
///
/// The [`io::Error`] of [`Read::read`] contains an [`Error`]; `error.downcast::<Error>()` extracts
/// it.
pub struct GzipLayer<S: Source> {
    access: Access<S>,
    blocks: Arc<BlockTable>,
    /// The bytes before the copied blocks.
    prefix: Vec<u8>,
    /// The bytes after the copied blocks.
    suffix: Vec<u8>,
    /// Offsets of the copied blocks in the file.
    packed: Range<u64>,
    size: u64,
    position: u64,
    /// Offset of the next block in the plain tar.
    plain_offset: u64,
    current: Option<CurrentBlock>,
}

/// The block that is being read.
struct CurrentBlock {
    block: Block,
    hasher: Hasher,
    /// The number of its packed bytes that were read.
    read: u32,
}

impl<S: Source> GzipLayer<S> {
    /// Creates the gzip stream of a part of the plain tar. Returns `None` if there is no block
    /// table with checksums.
    pub(crate) fn new(access: Access<S>, start: u64, size: u64) -> Result<Option<Self>, Error> {
        let Route::Blocks(table) = &access.route else { return Ok(None) };
        let blocks = Arc::clone(table);
        let wanted = start..start.saturating_add(size);
        // The last block of a member can contain the end of the deflate stream, so it is not
        // copied.
        let last = blocks.plain_size();
        let is_whole = |block: &Block| {
            let end = block.plain_offset + u64::from(block.plain_size);
            block.plain_offset >= wanted.start && end <= wanted.end && end < last
        };
        let mut crc = crc32fast::Hasher::new();
        let mut prefix = HEADER.to_vec();
        let mut suffix = Vec::new();
        let mut packed = None;
        let mut plain_offset = 0;
        for block in blocks.from(start).take_while(|block| block.plain_offset < wanted.end) {
            let Some(checksums) = block.checksums else { return Ok(None) };
            if is_whole(&block) {
                let length = block.plain_size.into();
                let of_block =
                    crc32fast::Hasher::new_with_initial_len(checksums.plain_crc32, length);
                crc.combine(&of_block);
                let end = block.offset + u64::from(block.size);
                if packed.is_none() {
                    plain_offset = block.plain_offset;
                }
                let begin = packed.map_or(block.offset, |range: Range<u64>| range.start);
                packed = Some(begin..end);
            } else {
                let border = if packed.is_none() { &mut prefix } else { &mut suffix };
                deflate_part(&access, &block, &wanted, border, &mut crc)
                    .map_err(|error| Error::of_reader(error, &access.input))?;
            }
        }
        suffix.extend(END);
        suffix.extend(crc.finalize().to_le_bytes());
        // The format stores the length modulo 2^32.
        suffix.extend((size as u32).to_le_bytes());
        let packed = packed.unwrap_or_default();
        let size = prefix.len() as u64 + (packed.end - packed.start) + suffix.len() as u64;
        Ok(Some(Self {
            access,
            blocks,
            prefix,
            suffix,
            packed,
            size,
            position: 0,
            plain_offset,
            current: None,
        }))
    }

    /// Returns the size of the gzip stream in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads some bytes of the copied blocks.
    fn read_block(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut current = match self.current.take() {
            Some(current) => current,
            None => {
                let block =
                    self.blocks.at(self.plain_offset).ok_or(io::ErrorKind::UnexpectedEof)?;
                CurrentBlock { block, hasher: Hasher::new(), read: 0 }
            }
        };
        let block = current.block;
        let left = (block.size - current.read) as usize;
        let count = left.min(buffer.len());
        let offset = block.offset + u64::from(current.read);
        let count = self.access.source.read_at(&mut buffer[..count], offset)?;
        if count == 0 {
            let place = "within its blocks".to_owned();
            return Err(self.fault(Fault::Truncated { at: offset, place }).into());
        }
        current.hasher.update(&buffer[..count]);
        current.read += count as u32;
        if current.read < block.size {
            self.current = Some(current);
            return Ok(count);
        }
        let expected = block.checksums.map(|checksums| checksums.packed_sha256);
        if Some(current.hasher.finish()) != expected {
            let place = block.offset;
            let reason = format!(
                "the block at byte {place} does not have the SHA-256 that the block table states"
            );
            return Err(self.fault(Fault::BadContainer { container: "zip", reason }).into());
        }
        self.plain_offset += u64::from(block.plain_size);
        Ok(count)
    }

    fn fault(&self, fault: Fault) -> Error {
        Error::fault(self.access.input.clone(), fault)
    }
}

/// Inflates the part of a block that is in the wanted range, deflates it again to the output, and
/// adds its content to the checksum.
fn deflate_part<S: Source>(
    access: &Access<S>,
    block: &Block,
    wanted: &Range<u64>,
    output: &mut Vec<u8>,
    crc: &mut crc32fast::Hasher,
) -> io::Result<()> {
    let start = block.plain_offset.max(wanted.start);
    let end = (block.plain_offset + u64::from(block.plain_size)).min(wanted.end);
    let mut reader = ArchiveReader::of_plain(access.clone(), end);
    reader.seek(SeekFrom::Start(start))?;
    let mut content = Vec::new();
    reader.read_to_end(&mut content)?;
    crc.update(&content);
    BlockDeflater::new(Level::Fast)?.deflate(&content, output)
}

impl<S: Source> Read for GzipLayer<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { prefix, suffix, packed, position, .. } = self;
        let packed_end = prefix.len() as u64 + (packed.end - packed.start);
        let copy = |from: &[u8], skipped: u64, buffer: &mut [u8]| {
            let rest = usize::try_from(skipped).ok().and_then(|skipped| from.get(skipped..));
            let rest = rest.unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            count
        };
        let count = if *position < prefix.len() as u64 {
            copy(prefix, *position, buffer)
        } else if *position >= packed_end {
            copy(suffix, *position - packed_end, buffer)
        } else if buffer.is_empty() {
            0
        } else {
            self.read_block(buffer).map_err(|error| Error::of_reader(error, &self.access.input))?
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl<S: Source> fmt::Debug for GzipLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GzipLayer")
            .field("size", &self.size)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::bufread::GzDecoder;
    use proptest::prelude::*;
    use sealift_testing::layouts::noise;

    use super::*;
    use crate::write::zip::ZipSink;

    /// Returns access to a zip of some content.
    fn zip(content: &[u8], level: Level) -> Access<Vec<u8>> {
        let mut sink = ZipSink::with_level(Cursor::new(Vec::new()), "a.docker", level).unwrap();
        sink.write_all(content).unwrap();
        let (zip, table) = sink.finish_with_blocks().unwrap();
        let source = Arc::new(zip.into_inner());
        Access { source, input: "the zip".into(), route: Route::Blocks(Arc::new(table)) }
    }

    fn gzip(access: &Access<Vec<u8>>, range: Range<usize>) -> GzipLayer<Vec<u8>> {
        let (start, size) = (range.start as u64, range.len() as u64);
        GzipLayer::new(access.clone(), start, size).unwrap().unwrap()
    }

    /// Inflates a gzip stream and checks that nothing follows its end.
    fn inflated(gzip: &[u8]) -> Vec<u8> {
        let mut decoder = GzDecoder::new(gzip);
        let mut content = Vec::new();
        decoder.read_to_end(&mut content).unwrap();
        assert!(decoder.into_inner().is_empty());
        content
    }

    fn segment() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..2_000),
            (any::<u8>(), 0_usize..400_000).prop_map(|(byte, length)| vec![byte; length]),
            (0_usize..400_000).prop_map(noise),
            (0_u32..60_000).prop_map(|n| (0..n).flat_map(|n| (n / 7).to_le_bytes()).collect()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_range_is_a_gzip_stream_of_its_content(
            segments in prop::collection::vec(segment(), 1..5),
            level in prop_oneof![Just(Level::Fast), Just(Level::Default)],
            ends in any::<[prop::sample::Index; 2]>(),
            at_cuts in any::<bool>(),
            piece in 1_usize..100_000,
        ) {
            let content = segments.concat();
            let access = zip(&content, level);
            let Route::Blocks(table) = &access.route else { unreachable!() };
            let mut ends = ends.map(|end| end.index(content.len() + 1));
            if at_cuts {
                let cuts: Vec<usize> = table.iter().map(|block| block.plain_offset as usize).collect();
                ends = ends.map(|end| cuts.iter().copied().filter(|cut| *cut <= end).max().unwrap_or(0));
            }
            ends.sort_unstable();
            let range = ends[0]..ends[1];
            let mut layer = gzip(&access, range.clone());
            let mut stream = Vec::new();
            let mut buffer = vec![0; piece];
            loop {
                let count = layer.read(&mut buffer).unwrap();
                if count == 0 {
                    break;
                }
                stream.extend_from_slice(&buffer[..count]);
            }
            prop_assert_eq!(stream.len() as u64, layer.size());
            prop_assert!(inflated(&stream) == content[range]);
        }
    }

    #[test]
    fn blocks_inside_a_layer_are_copied() {
        let content = [noise(600_000), vec![7; 600_000]].concat();
        let access = zip(&content, Level::Default);
        let Route::Blocks(table) = &access.route else { unreachable!() };
        let blocks: Vec<Block> = table.iter().collect();
        let (first, last) = (blocks[1], blocks[blocks.len() - 2]);
        let end = last.plain_offset + u64::from(last.plain_size);
        let layer = gzip(&access, first.plain_offset as usize..end as usize);
        assert_eq!((layer.prefix.len(), layer.suffix.len()), (HEADER.len(), 10));
        assert_eq!(layer.packed, first.offset..last.offset + u64::from(last.size));
    }

    #[test]
    fn a_damaged_block_fails_before_its_last_bytes() {
        let content = noise(900_000);
        let access = zip(&content, Level::Fast);
        let Route::Blocks(table) = &access.route else { unreachable!() };
        let block = table.iter().nth(1).unwrap();
        let mut bytes = access.source.to_vec();
        bytes[block.offset as usize + 100] ^= 1;
        let damaged = Access { source: Arc::new(bytes), ..access.clone() };
        let mut stream = Vec::new();
        let error = gzip(&damaged, 0..content.len()).read_to_end(&mut stream).unwrap_err();
        let error = error.downcast::<Error>().unwrap().as_fault().unwrap().to_string();
        assert!(error.contains("does not have the SHA-256"), "{error}");
        assert!((stream.len() as u64) < block.offset + u64::from(block.size));
    }

    #[test]
    fn without_checksums_there_is_no_gzip_stream() {
        let access = zip(&noise(300_000), Level::Fast);
        let Route::Blocks(table) = &access.route else { unreachable!() };
        let mut lengths = BlockTable::new(table.iter().next().unwrap().offset);
        table.iter().for_each(|block| lengths.push(block.size, block.plain_size, None));
        let access = Access { route: Route::Blocks(Arc::new(lengths)), ..access.clone() };
        assert!(GzipLayer::new(access.clone(), 0, 100).unwrap().is_none());
        let plain = Access { route: Route::Direct(0), ..access };
        assert!(GzipLayer::new(plain, 0, 100).unwrap().is_none());
    }
}
