//! The block index of a zip, as a document.

use std::fmt;
use std::str::FromStr;

use sealift_filename::Printable;
use sealift_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::block_table::BlockTable;
use crate::read::zip::inflate::{MAX_PACKED, MAX_PLAIN};

/// The version of the format.
const FORM: u32 = 1;

/// The block table of one zip, with the size and the SHA-256 of its file.
///
/// It is a JSON document that can be published next to the zip. A receiver that has similar zips
/// compares the blocks and fetches only those that it does not have.
///
/// Each block is inside the file, is not empty and has checksums. An index that violates this does
/// not parse.
///
/// ```
/// use sealift_archive::BlockIndex;
///
/// let text = r#"{"form":1,"size":200,
///     "sha256":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
///     "blocks":"60;50:7/LbLHzwS8YEIJjT3U7p9bLz0vYn3rrEzUsXnlnW3tt4QBAgME"}"#;
/// let index: BlockIndex = text.parse()?;
/// assert_eq!((index.size(), index.blocks().len()), (200, 1));
/// assert_eq!(index.to_string().parse(), Ok(index));
/// # Ok::<(), sealift_archive::ParseBlockIndexError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockIndex {
    size: u64,
    sha256: Digest,
    blocks: BlockTable,
}

impl BlockIndex {
    /// Creates the index of a file with this size and SHA-256.
    ///
    /// Returns `None` if a block is not inside the file, is empty, is larger than the blocks that
    /// sealift writes, or has no checksums.
    pub fn new(size: u64, sha256: Digest, blocks: BlockTable) -> Option<Self> {
        let is_valid = blocks.iter().all(|block| {
            let end = block.offset.checked_add(block.size.into());
            let is_empty = block.size == 0 || block.plain_size == 0;
            // Readers keep a block in memory, so its size must be limited.
            let is_small =
                block.size as usize <= MAX_PACKED && block.plain_size as usize <= MAX_PLAIN;
            let is_inside = end.is_some_and(|end| end <= size);
            is_inside && is_small && !is_empty && block.checksums.is_some()
        });
        is_valid.then_some(Self { size, sha256, blocks })
    }

    /// Returns the size of the zip in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the SHA-256 of the zip.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Returns the blocks.
    pub fn blocks(&self) -> &BlockTable {
        &self.blocks
    }
}

/// The JSON document.
#[derive(Serialize, Deserialize)]
struct Document<T> {
    form: u32,
    size: u64,
    sha256: Digest,
    blocks: T,
}

impl fmt::Display for BlockIndex {
    /// Writes the document as JSON on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, sha256, blocks } = self;
        let document = Document { form: FORM, size: *size, sha256: *sha256, blocks };
        f.write_str(&serde_json::to_string(&document).map_err(|_| fmt::Error)?)
    }
}

/// The error of parsing a [`BlockIndex`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a block index: {reason}", Printable(.input))]
pub struct ParseBlockIndexError {
    input: String,
    reason: String,
}

impl ParseBlockIndexError {
    /// Returns the first 80 characters of the text.
    pub fn input(&self) -> &str {
        &self.input
    }
}

impl FromStr for BlockIndex {
    type Err = ParseBlockIndexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused =
            |reason| ParseBlockIndexError { input: text.chars().take(80).collect(), reason };
        let document: Document<BlockTable> =
            serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
        if document.form != FORM {
            return Err(refused(format!("expected form {FORM}, found {}", document.form)));
        }
        Self::new(document.size, document.sha256, document.blocks).ok_or_else(|| {
            refused("a block is empty, too large, outside the file or without checksums".to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::block_table::BlockChecksums;

    proptest! {
        #[test]
        fn an_index_survives_a_round_trip_through_text(
            start in 0_u64..100,
            blocks in prop::collection::vec((1_u32..263_000, 1_u32..262_144, any::<[u8; 32]>(), any::<u32>()), 0..9),
            after in 0_u64..100,
        ) {
            let mut table = BlockTable::new(start);
            for (size, plain_size, sha256, crc32) in blocks {
                let checksums = BlockChecksums::new(Digest::from_bytes(sha256), crc32);
                table.push(size, plain_size, Some(checksums));
            }
            let end = table.iter().last().map_or(start, |block| block.offset + u64::from(block.size));
            let index = BlockIndex::new(end + after, Digest::of(b""), table.clone()).unwrap();
            prop_assert_eq!(index.to_string().parse(), Ok(index));
            if !table.is_empty() {
                prop_assert!(BlockIndex::new(end - 1, Digest::of(b""), table).is_none());
            }
        }
    }

    #[test]
    fn an_index_with_impossible_values_is_refused() {
        let digest = Digest::of(b"");
        let checksums = "LbLHzwS8YEIJjT3U7p9bLz0vYn3rrEzUsXnlnW3tt4QBAgME";
        let refused = |form: u32, blocks: &str| {
            let text =
                format!(r#"{{"form":{form},"size":99,"sha256":"{digest}","blocks":"{blocks}"}}"#);
            let error = text.parse::<BlockIndex>().unwrap_err();
            assert!(text.starts_with(error.input()));
            error.reason
        };
        assert_eq!(refused(2, "60"), "expected form 1, found 2");
        let untrue = "a block is empty, too large, outside the file or without checksums";
        assert_eq!(refused(1, "60;5:5"), untrue);
        assert_eq!(refused(1, &format!("60;5:40/{checksums}")), untrue);
        assert_eq!(refused(1, &format!("60;0:5/{checksums}")), untrue);
        assert_eq!(refused(1, &format!("60;262145:5/{checksums}")), untrue);
        assert_eq!(refused(1, &format!("18446744073709551615;5:5/{checksums}")), untrue);
        assert!("{}".parse::<BlockIndex>().is_err() && "".parse::<BlockIndex>().is_err());
    }
}
