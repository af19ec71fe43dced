//! Comparison of packed bytes with a block of a table.

use crate::block_table::Block;
use crate::read::zip::inflate::inflate_packed;

impl Block {
    /// Returns `true` if these are the packed bytes of this block: they have its SHA-256 and
    /// inflate, as one independent block, to content of its length and CRC-32. Returns `false` if
    /// the block has no checksums.
    ///
    /// ```
    /// use sealift_archive::{BlockChecksums, BlockTable};
    /// use sealift_archive::oci::Digest;
    ///
    /// // A stored part of one byte, and an empty one.
    /// let packed = [0, 1, 0, 0xfe, 0xff, b'a', 0, 0, 0, 0xff, 0xff];
    /// let mut table = BlockTable::new(0);
    /// table.push(11, 1, Some(BlockChecksums::new(Digest::of(&packed), 0xe8b7_be43)));
    /// let block = table.iter().next().unwrap();
    /// assert!(block.is_packed_as(&packed));
    /// assert!(!block.is_packed_as(&packed[1..]));
    /// ```
    pub fn is_packed_as(&self, packed: &[u8]) -> bool {
        let Some(checksums) = self.checksums else { return false };
        packed.len() == self.size as usize
            && inflate_packed(packed, *self)
                .is_ok_and(|content| crc32fast::hash(&content) == checksums.plain_crc32)
    }
}
