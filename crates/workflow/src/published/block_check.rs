//! Comparison of an archive's bytes with its block index, in one pass.

use sealift_archive::{Block, BlockIndex};

/// Compares the bytes of an archive with the blocks of an index while they are read.
pub(crate) struct BlockCheck<'a> {
    blocks: Box<dyn Iterator<Item = Block> + Send + 'a>,
    current: Option<Block>,
    /// The received bytes of the current block.
    packed: Vec<u8>,
    position: u64,
    wrong: Option<u64>,
}

impl<'a> BlockCheck<'a> {
    pub(crate) fn new(index: &'a BlockIndex) -> Self {
        let mut blocks = index.blocks().iter();
        let current = blocks.next();
        let blocks = Box::new(blocks);
        Self { blocks, current, packed: Vec::new(), position: 0, wrong: None }
    }

    /// Adds the next bytes of the archive.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        while let Some(block) = self.current.filter(|_| !bytes.is_empty() && self.wrong.is_none()) {
            let rest = |from: u64, to: u64| usize::try_from(to - from).unwrap_or(usize::MAX);
            if self.position < block.offset {
                let skipped = rest(self.position, block.offset).min(bytes.len());
                self.position += skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            let missing = (block.size as usize).saturating_sub(self.packed.len());
            let taken = missing.min(bytes.len());
            self.packed.extend_from_slice(&bytes[..taken]);
            self.position += taken as u64;
            bytes = &bytes[taken..];
            if self.packed.len() == block.size as usize {
                if !block.is_packed_as(&self.packed) {
                    self.wrong = Some(block.offset);
                }
                self.packed.clear();
                self.current = self.blocks.next();
            }
        }
    }

    /// Returns the first mismatch after all bytes were added, a clause.
    pub(crate) fn finish(self) -> Option<String> {
        match (self.wrong, self.current) {
            (Some(at), _) => Some(format!("it does not describe the block at byte {at}")),
            (None, Some(block)) => Some(format!(
                "it has a block at byte {} that the archive does not contain",
                block.offset
            )),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use sealift_archive::oci::Digest;
    use sealift_archive::{BlockChecksums, BlockTable};

    use super::*;

    /// A stored deflate block of one byte, and an empty one.
    const PACKED: [u8; 11] = [0, 1, 0, 0xfe, 0xff, b'a', 0, 0, 0, 0xff, 0xff];

    fn file() -> Vec<u8> {
        [&b"head"[..], &PACKED, &PACKED, b"tail"].concat()
    }

    fn index() -> BlockIndex {
        let mut table = BlockTable::new(4);
        let checksums = BlockChecksums::new(Digest::of(&PACKED), 0xe8b7_be43);
        table.push(11, 1, Some(checksums));
        table.push(11, 1, Some(checksums));
        BlockIndex::new(30, Digest::of(&file()), table).unwrap()
    }

    fn check(file: &[u8], piece: usize) -> Option<String> {
        let index = index();
        let mut check = BlockCheck::new(&index);
        file.chunks(piece).for_each(|bytes| check.push(bytes));
        check.finish()
    }

    #[test]
    fn each_block_is_compared_for_any_size_of_pieces() {
        for piece in 1..40 {
            assert_eq!(check(&file(), piece), None);
            let mut other = file();
            other[15] ^= 2;
            let wrong = check(&other, piece).unwrap();
            assert_eq!(wrong, "it does not describe the block at byte 15");
            let short = check(&file()[..20], piece).unwrap();
            assert_eq!(short, "it has a block at byte 15 that the archive does not contain");
        }
    }
}
