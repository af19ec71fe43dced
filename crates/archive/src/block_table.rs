//! The table of the independent deflate blocks in a zip.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sealift_filename::Printable;
use sealift_oci::Digest;
use serde::{Deserialize, Serialize};

/// The block table of a zip: the independent deflate blocks of its member, which allow random
/// access.
///
/// Each block inflates without the bytes before it, and the next one follows immediately.
///
/// The text form is compact, because each archive's record contains it. It starts with the offset
/// of the first block in the file. Then come runs of blocks with the same plain length: this
/// length, a colon, and the packed length of each block. A packed length is followed by the
/// checksums of its block, if they are known: the SHA-256 of the packed bytes and the CRC-32 of the
/// content (big-endian), together in base64url.
///
/// ```
/// use sealift_archive::{BlockChecksums, BlockTable};
/// use sealift_archive::oci::Digest;
///
/// let mut table = BlockTable::new(60);
/// table.push(1000, 262_144, None);
/// table.push(900, 262_144, None);
/// table.push(7, 50, None);
/// assert_eq!(table.to_string(), "60;262144:1000,900;50:7");
/// assert_eq!("60;262144:1000,900;50:7".parse(), Ok(table.clone()));
///
/// let last = table.iter().last().unwrap();
/// assert_eq!((last.offset, last.plain_offset), (1960, 524_288));
///
/// let mut table = BlockTable::new(60);
/// table.push(7, 50, Some(BlockChecksums::new(Digest::of(b"packed!"), 0x0102_0304)));
/// assert_eq!(table.to_string(), "60;50:7/LnwBGyBKVo9OzE2TcP6NJl2bNy4ttZalAZTb9EuDcysBAgME");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTable {
    start: u64,
    blocks: Vec<TableEntry>,
    /// Offset of every [`STRIDE`]th block, in the file and in the plain tar. Other offsets are
    /// computed from the nearest of these, so that a table needs little more memory than its
    /// lengths and checksums.
    places: Vec<(u64, u64)>,
    /// End of the last block, in the file and in the plain tar.
    end: (u64, u64),
}

/// One in this number of blocks has its offsets in memory.
const STRIDE: usize = 64;

/// A block without its offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableEntry {
    pub(crate) size: u32,
    pub(crate) plain_size: u32,
    pub(crate) checksums: Option<BlockChecksums>,
}

/// The checksums of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BlockChecksums {
    /// The SHA-256 of the packed bytes.
    pub packed_sha256: Digest,
    /// The CRC-32 of the content.
    pub plain_crc32: u32,
}

impl BlockChecksums {
    /// Creates the checksums of a block.
    pub fn new(packed_sha256: Digest, plain_crc32: u32) -> Self {
        Self { packed_sha256, plain_crc32 }
    }

    fn to_base64(self) -> String {
        let mut bytes = [0; 36];
        bytes[..32].copy_from_slice(self.packed_sha256.as_bytes());
        bytes[32..].copy_from_slice(&self.plain_crc32.to_be_bytes());
        BASE64.encode(bytes)
    }

    fn from_base64(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        let (sha256, crc32) = bytes.split_first_chunk()?;
        let crc32 = u32::from_be_bytes(crc32.try_into().ok()?);
        Some(Self::new(Digest::from_bytes(*sha256), crc32))
    }
}

/// An independent deflate block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block {
    /// Offset of its packed bytes in the file.
    pub offset: u64,
    /// The number of packed bytes.
    pub size: u32,
    /// Offset of its content in the plain tar.
    pub plain_offset: u64,
    /// The length of its content in bytes.
    pub plain_size: u32,
    /// The checksums, if they are known.
    pub checksums: Option<BlockChecksums>,
}

impl Block {
    /// Returns `true` if the block contains the byte at this offset of the plain tar.
    pub(crate) fn contains(&self, plain_offset: u64) -> bool {
        plain_offset
            .checked_sub(self.plain_offset)
            .is_some_and(|skipped| skipped < self.plain_size.into())
    }
}

impl BlockTable {
    /// Creates an empty table. `start` is the offset of the first block in the file.
    pub fn new(start: u64) -> Self {
        Self { start, blocks: Vec::new(), places: Vec::new(), end: (start, 0) }
    }

    pub(crate) fn from_entries(start: u64, blocks: impl IntoIterator<Item = TableEntry>) -> Self {
        let mut table = Self::new(start);
        blocks.into_iter().for_each(|entry| table.push_entry(entry));
        table
    }

    /// Appends a block. `size` is its packed length and `plain_size` the length of its content, in
    /// bytes.
    pub fn push(&mut self, size: u32, plain_size: u32, checksums: Option<BlockChecksums>) {
        self.push_entry(TableEntry { size, plain_size, checksums });
    }

    fn push_entry(&mut self, entry: TableEntry) {
        if self.blocks.len().is_multiple_of(STRIDE) {
            self.places.push(self.end);
        }
        self.end = after(self.end, entry);
        self.blocks.push(entry);
    }

    /// Returns the blocks in order.
    pub fn iter(&self) -> impl Iterator<Item = Block> {
        placed((self.start, 0), &self.blocks)
    }

    /// Returns the block that contains the byte at this offset of the plain tar.
    pub(crate) fn at(&self, plain_offset: u64) -> Option<Block> {
        self.from(plain_offset).next()
    }

    /// Returns the block that contains the byte at this offset of the plain tar, and all blocks
    /// after it.
    pub(crate) fn from(&self, plain_offset: u64) -> impl Iterator<Item = Block> {
        let later = self.places.partition_point(|(_, plain)| *plain <= plain_offset);
        let stride = later.saturating_sub(1);
        let place = self.places.get(stride).copied().unwrap_or_default();
        let blocks = self.blocks.get(stride * STRIDE..).unwrap_or_default();
        placed(place, blocks).skip_while(move |block| !block.contains(plain_offset))
    }

    /// Returns the number of blocks.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Returns `true` if there are no blocks.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Returns the total length of the content of all blocks in bytes.
    pub fn plain_size(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.plain_size)).sum()
    }

    /// Returns `true` if the checksums of all blocks are known.
    pub fn has_checksums(&self) -> bool {
        self.blocks.iter().all(|block| block.checksums.is_some())
    }
}

/// Returns consecutive blocks with their offsets. `place` has the offsets of the first one, in the
/// file and in the plain tar.
fn placed(mut place: (u64, u64), blocks: &[TableEntry]) -> impl Iterator<Item = Block> {
    blocks.iter().map(move |&entry| {
        let TableEntry { size, plain_size, checksums } = entry;
        let next = after(place, entry);
        let (offset, plain_offset) = std::mem::replace(&mut place, next);
        Block { offset, size, plain_offset, plain_size, checksums }
    })
}

/// Returns the offsets of the block that follows `entry`, in the file and in the plain tar.
fn after((offset, plain_offset): (u64, u64), entry: TableEntry) -> (u64, u64) {
    (offset.saturating_add(entry.size.into()), plain_offset.saturating_add(entry.plain_size.into()))
}

impl fmt::Display for BlockTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.start)?;
        for run in self.blocks.chunk_by(|left, right| left.plain_size == right.plain_size) {
            for (at, TableEntry { size, plain_size, checksums }) in run.iter().enumerate() {
                match at {
                    0 => write!(f, ";{plain_size}:{size}")?,
                    _ => write!(f, ",{size}")?,
                }
                if let Some(checksums) = checksums {
                    write!(f, "/{}", checksums.to_base64())?;
                }
            }
        }
        Ok(())
    }
}

/// The error of parsing a [`BlockTable`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not part of a block table: expected `START;PLAIN:PACKED/CHECKSUMS,PACKED/CHECKSUMS;…`",
    Printable(.input)
)]
pub struct ParseBlockTableError {
    input: String,
}

impl ParseBlockTableError {
    fn new(input: &str) -> Self {
        Self { input: input.chars().take(80).collect() }
    }

    /// Returns the first 80 characters of the invalid part of the text.
    pub fn input(&self) -> &str {
        &self.input
    }
}

impl FromStr for BlockTable {
    type Err = ParseBlockTableError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut runs = text.split(';');
        let start = runs.next().unwrap_or_default();
        let start = number(start).ok_or_else(|| ParseBlockTableError::new(start))?;
        let mut table = Self::new(start);
        for run in runs {
            let refused = || ParseBlockTableError::new(run);
            let (plain, blocks) = run.split_once(':').ok_or_else(refused)?;
            let plain_size = number(plain).ok_or_else(refused)?;
            for block in blocks.split(',') {
                let entry = parse_block(block, plain_size);
                table.push_entry(entry.ok_or_else(|| ParseBlockTableError::new(block))?);
            }
        }
        Ok(table)
    }
}

fn parse_block(text: &str, plain_size: u32) -> Option<TableEntry> {
    let (size, checksums) = match text.split_once('/') {
        Some((size, checksums)) => (size, Some(BlockChecksums::from_base64(checksums)?)),
        None => (text, None),
    };
    Some(TableEntry { size: number(size)?, plain_size, checksums })
}

fn number<T: FromStr>(digits: &str) -> Option<T> {
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

impl Serialize for BlockTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlockTable {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> impl Strategy<Value = TableEntry> {
        let checksums = (any::<[u8; 32]>(), any::<u32>())
            .prop_map(|(sha256, crc32)| BlockChecksums::new(Digest::from_bytes(sha256), crc32));
        let plain_size = prop_oneof![Just(262_144), any::<u32>()];
        (any::<u32>(), plain_size, prop::option::of(checksums))
            .prop_map(|(size, plain_size, checksums)| TableEntry { size, plain_size, checksums })
    }

    proptest! {
        #[test]
        fn a_table_survives_a_round_trip_through_text(
            start in any::<u64>(),
            blocks in prop::collection::vec(entry(), 0..9),
        ) {
            let table = BlockTable::from_entries(start, blocks);
            prop_assert_eq!(table.to_string().parse(), Ok(table));
        }

        #[test]
        fn each_offset_is_found_in_its_block(
            lengths in prop::collection::vec((0..9_u32, 0..9_u32), 0..300),
        ) {
            let entry = |(size, plain_size)| TableEntry { size, plain_size, checksums: None };
            let table = BlockTable::from_entries(60, lengths.into_iter().map(entry));
            for block in table.iter() {
                for at in block.plain_offset..block.plain_offset + u64::from(block.plain_size) {
                    prop_assert_eq!(table.at(at), Some(block));
                }
            }
            prop_assert_eq!(table.at(table.plain_size()), None);
        }

        #[test]
        fn arbitrary_text_is_refused_or_parses_as_a_table(text in "[0-9;:,/+ A-]{0,20}") {
            if let Ok(table) = text.parse::<BlockTable>() {
                prop_assert_eq!(table.to_string().parse(), Ok(table));
            }
        }
    }

    #[test]
    fn an_error_contains_the_invalid_part() {
        let refused = |text: &str| text.parse::<BlockTable>().unwrap_err().input().to_owned();
        assert_eq!(refused("six;7:5"), "six");
        assert_eq!(refused("60;7"), "7");
        assert_eq!(refused("60;7:5,+5"), "+5");
        assert_eq!(refused("60;7:5/AAAA"), "5/AAAA");
        assert_eq!(
            "60;7:5\n".parse::<BlockTable>().unwrap_err().to_string(),
            "`5\\n` is not part of a block table: expected \
             `START;PLAIN:PACKED/CHECKSUMS,PACKED/CHECKSUMS;…`"
        );
    }
}
