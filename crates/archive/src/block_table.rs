//! The independent deflate blocks of a zip.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The lengths of the independent deflate blocks of a zip's member, by which it can be read at any place.
///
/// Each block inflates without what stands before it, and the next one follows immediately. As text it is compact, since
/// it is part of a record for each archive: where the first block starts in the file, then for each run of blocks with the
/// same plain length this length and the packed lengths.
///
/// ```
/// use sealift_archive::BlockTable;
///
/// let mut table = BlockTable::new(60);
/// table.push(1000, 262_144);
/// table.push(900, 262_144);
/// table.push(7, 50);
/// assert_eq!(table.to_string(), "60;262144:1000,900;50:7");
/// assert_eq!("60;262144:1000,900;50:7".parse(), Ok(table.clone()));
///
/// let last = table.iter().last().unwrap();
/// assert_eq!((last.offset, last.plain_offset), (1960, 524_288));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTable {
    start: u64,
    /// The packed and the plain length of each block.
    lengths: Vec<(u32, u32)>,
}

/// An independent deflate block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Where its packed bytes start in the file.
    pub offset: u64,
    /// How many packed bytes there are.
    pub size: u32,
    /// Where its content starts in the plain tar.
    pub plain_offset: u64,
    /// How many bytes its content has.
    pub plain_size: u32,
}

impl BlockTable {
    /// Creates a table without blocks. The first one starts at this offset of the file.
    pub fn new(start: u64) -> Self {
        Self { start, lengths: Vec::new() }
    }

    pub(crate) fn from_lengths(start: u64, lengths: Vec<(u32, u32)>) -> Self {
        Self { start, lengths }
    }

    /// Appends a block with these lengths in bytes.
    pub fn push(&mut self, size: u32, plain_size: u32) {
        self.lengths.push((size, plain_size));
    }

    /// Returns the blocks in order.
    pub fn iter(&self) -> impl Iterator<Item = Block> {
        let (mut offset, mut plain_offset) = (self.start, 0);
        self.lengths.iter().map(move |&(size, plain_size)| {
            let block = Block { offset, size, plain_offset, plain_size };
            offset = offset.saturating_add(size.into());
            plain_offset += u64::from(plain_size);
            block
        })
    }

    /// Returns the length of the content of all blocks in bytes.
    pub fn plain_size(&self) -> u64 {
        self.lengths.iter().map(|&(_, plain)| u64::from(plain)).sum()
    }
}

impl fmt::Display for BlockTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.start)?;
        for run in self.lengths.chunk_by(|(_, left), (_, right)| left == right) {
            for (at, (size, plain_size)) in run.iter().enumerate() {
                match at {
                    0 => write!(f, ";{plain_size}:{size}")?,
                    _ => write!(f, ",{size}")?,
                }
            }
        }
        Ok(())
    }
}

/// The error for a text that is not a [`BlockTable`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a table of blocks: expected `START;PLAIN:PACKED,PACKED;…` in numbers")]
pub struct ParseBlockTableError;

impl FromStr for BlockTable {
    type Err = ParseBlockTableError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut runs = text.split(';');
        let start = runs.next().and_then(|start| start.parse().ok()).ok_or(ParseBlockTableError)?;
        let mut table = Self::new(start);
        for run in runs {
            let (plain, sizes) = run.split_once(':').ok_or(ParseBlockTableError)?;
            let plain = plain.parse().map_err(|_| ParseBlockTableError)?;
            for size in sizes.split(',') {
                table.push(size.parse().map_err(|_| ParseBlockTableError)?, plain);
            }
        }
        Ok(table)
    }
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

    proptest! {
        #[test]
        fn a_table_is_read_as_it_was_written(
            start in any::<u64>(),
            lengths in prop::collection::vec((any::<u32>(), prop_oneof![Just(262_144), any::<u32>()]), 0..9),
        ) {
            let table = BlockTable { start, lengths };
            prop_assert_eq!(table.to_string().parse(), Ok(table));
        }

        #[test]
        fn other_texts_are_refused_or_mean_a_table(text in "[0-9;:,+ -]{0,20}") {
            if let Ok(table) = text.parse::<BlockTable>() {
                prop_assert_eq!(table.to_string().parse(), Ok(table));
            }
        }
    }
}
