//! Planning of a zip's transfer: which parts are copied from local files, and which are requested.

use std::ops::Range;

use sealift_archive::BlockIndex;

/// The largest part that is copied or requested at once, in bytes. Each part in transfer is in
/// memory.
pub(crate) const LARGEST: u64 = 512 << 10;

/// Local blocks between two requests are requested with them if they have at most this many bytes
/// together. At 100 Mbit/s, with a round trip of 40 ms and all concurrent requests in use, one
/// request takes the time of twice this number of bytes. The limit is lower because a rebuilt layer
/// has many such gaps, and the additional bytes add up.
pub(crate) const GAP: u64 = 8 << 10;

/// The largest supported size of the parts before and after the blocks, in bytes: the headers and
/// the directory of the zip.
const LONGEST_EDGE: u64 = 1 << 20;

/// A part of a zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The bytes in the zip.
    pub(crate) range: Range<u64>,
    /// The blocks in this range. A range can also contain the bytes before or after all blocks.
    pub(crate) blocks: Range<usize>,
    /// Whether the complete range can be copied from local files.
    pub(crate) is_here: bool,
}

impl Segment {
    pub(crate) fn size(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// Returns `true` if the parts before and after the blocks are small enough to be the headers and
/// the directory of a zip. Otherwise the index cannot be used.
pub(crate) fn is_usable(index: &BlockIndex) -> bool {
    let (start, end) = edges(index);
    !index.blocks().is_empty() && start <= LONGEST_EDGE && index.size() - end <= LONGEST_EDGE
}

/// Returns the offsets of the first block's start and the last block's end.
pub(crate) fn edges(index: &BlockIndex) -> (u64, u64) {
    let mut blocks = index.blocks().iter().map(|block| (block.offset, u64::from(block.size)));
    let Some((start, size)) = blocks.next() else { return (0, 0) };
    let (last, last_size) = blocks.last().unwrap_or((start, size));
    (start, last + last_size)
}

/// Plans the transfer of a zip from an offset on. The segments are in order and cover exactly the
/// rest of the file.
///
/// `from` must be 0 or the start or end of a block; `is_here` returns `true` for the number of a
/// block that can be copied.
///
/// Planning has three steps. First, consecutive blocks with the same origin are joined into runs.
/// Then short local runs between two requests are added to these requests, because an additional
/// request costs more time than the bytes (`bridge`). Finally, runs are split at blocks so that no
/// segment exceeds `LARGEST` (`split`).
///
/// The bytes after the last block always have a segment of their own. They contain the directory of
/// the zip and are requested first, so that everything else can be verified on arrival.
pub(crate) fn segments(
    index: &BlockIndex,
    from: u64,
    is_here: impl Fn(usize) -> bool,
) -> Vec<Segment> {
    let (start, end) = edges(index);
    let mut runs: Vec<Segment> = Vec::new();
    let mut add = |range: Range<u64>, blocks: Range<usize>, is_here: bool| {
        if range.start < from || range.is_empty() {
            return;
        }
        match runs.last_mut() {
            Some(last) if last.is_here == is_here => {
                last.range.end = range.end;
                last.blocks = join(&last.blocks, &blocks);
            }
            _ => runs.push(Segment { range, blocks, is_here }),
        }
    };
    add(0..start, 0..0, false);
    for (at, block) in index.blocks().iter().enumerate() {
        add(block.offset..block.offset + u64::from(block.size), at..at + 1, is_here(at));
    }
    let mut parts = split(&bridge(runs), index);
    let count = index.blocks().len();
    if from <= end && end < index.size() {
        parts.push(Segment { range: end..index.size(), blocks: count..count, is_here: false });
    }
    parts
}

/// Joins two adjacent ranges of blocks. Either one may be empty.
fn join(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    match (one.is_empty(), other.is_empty()) {
        (true, _) => other.clone(),
        (_, true) => one.clone(),
        _ => one.start..other.end,
    }
}

/// Joins two requests if there are only few local bytes between them.
fn bridge(runs: Vec<Segment>) -> Vec<Segment> {
    let mut bridged: Vec<Segment> = Vec::new();
    let count = runs.len();
    for (at, run) in runs.into_iter().enumerate() {
        let is_between = at > 0 && at + 1 < count;
        let is_here = run.is_here && !(is_between && run.size() <= GAP);
        match bridged.last_mut() {
            Some(last) if !last.is_here && !is_here => {
                last.range.end = run.range.end;
                last.blocks = join(&last.blocks, &run.blocks);
            }
            _ => bridged.push(Segment { is_here, ..run }),
        }
    }
    bridged
}

/// Splits runs at blocks into parts of at most `LARGEST` bytes.
fn split(runs: &[Segment], index: &BlockIndex) -> Vec<Segment> {
    let mut parts = Vec::new();
    let mut blocks = index.blocks().iter().enumerate().peekable();
    for run in runs {
        let mut part = Segment { range: run.range.start..run.range.start, ..run.clone() };
        while let Some((at, block)) = blocks.next_if(|(at, _)| *at < run.blocks.end) {
            if at < run.blocks.start {
                continue;
            }
            let end = block.offset + u64::from(block.size);
            if end - part.range.start > LARGEST && !part.range.is_empty() {
                let next = part.range.end;
                parts.push(Segment { blocks: part.blocks.start..at, ..part.clone() });
                part.range.start = next;
                part.blocks.start = at;
            }
            part.range.end = end;
        }
        // The bytes before the first block belong to no block.
        part.range.end = run.range.end;
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealift_archive::{BlockChecksums, BlockTable};
    use sealift_oci::Digest;

    use super::*;

    fn index(start: u64, sizes: &[u32], after: u64) -> BlockIndex {
        let mut table = BlockTable::new(start);
        for size in sizes {
            let checksums = BlockChecksums::new(Digest::of(&size.to_be_bytes()), 0);
            table.push(*size, 1, Some(checksums));
        }
        let size = start + sizes.iter().map(|size| u64::from(*size)).sum::<u64>() + after;
        BlockIndex::new(size, Digest::of(b""), table).unwrap()
    }

    proptest! {
        #[test]
        fn the_parts_are_the_rest_of_the_zip_in_order(
            start in 0_u64..200,
            blocks in prop::collection::vec((1_u32..262_144, any::<bool>()), 1..200),
            after in 0_u64..200,
            from in any::<prop::sample::Index>(),
        ) {
            let sizes: Vec<u32> = blocks.iter().map(|(size, _)| *size).collect();
            let index = index(start, &sizes, after);
            let mut borders = vec![0];
            borders.extend(index.blocks().iter().map(|block| block.offset));
            let from = *from.get(&borders);
            let parts = segments(&index, from, |at| blocks[at].1);
            let mut at = from;
            let mut block = blocks.len() - index.blocks().iter().filter(|b| b.offset >= from).count();
            for part in &parts {
                prop_assert_eq!(part.range.start, at);
                prop_assert!(part.size() > 0 && part.size() <= LARGEST);
                at = part.range.end;
                if !part.blocks.is_empty() {
                    prop_assert_eq!(part.blocks.start, block);
                    block = part.blocks.end;
                }
                let inside: u64 = part.blocks.clone().map(|at| u64::from(sizes[at])).sum();
                prop_assert!(!part.is_here || inside == part.size());
                prop_assert!(!part.is_here || part.blocks.clone().all(|at| blocks[at].1));
            }
            prop_assert_eq!(at, index.size());
            prop_assert_eq!(block, blocks.len());
                        // Local bytes are requested only in small gaps, and each gap saves a
                        // request.
            let here = |at: usize| blocks[at].1;
            let needless: u64 = parts
                .iter()
                .filter(|part| !part.is_here)
                .flat_map(|part| part.blocks.clone())
                .filter(|at| here(*at))
                .map(|at| u64::from(sizes[at]))
                .sum();
            let missing = blocks.iter().filter(|(_, here)| !here).count() as u64 + 2;
            prop_assert!(needless <= GAP * missing);
        }
    }

    #[test]
    fn a_small_gap_between_two_requests_is_requested_with_them() {
        let small = index(60, &[1000, 6000, 3000, 1000], 100);
        let plan = |index: &BlockIndex, here: [bool; 4]| -> Vec<(Range<u64>, bool)> {
            let parts = segments(index, 0, |at| here[at]);
            parts.into_iter().map(|part| (part.range, part.is_here)).collect()
        };
        assert_eq!(
            plan(&small, [false, true, true, false]),
            [
                (0..1060, false),
                (1060..10_060, true),
                (10_060..11_060, false),
                (11_060..11_160, false),
            ]
        );
        assert_eq!(
            plan(&small, [false, true, false, false]),
            [(0..11_060, false), (11_060..11_160, false)]
        );
        assert_eq!(
            plan(&small, [true; 4]),
            [(0..60, false), (60..11_060, true), (11_060..11_160, false),]
        );
    }

    #[test]
    fn a_block_index_with_large_edges_or_without_blocks_is_unusable() {
        assert!(is_usable(&index(60, &[7], 100)));
        assert!(!is_usable(&index(60, &[], 100)));
        assert!(!is_usable(&index(LONGEST_EDGE + 1, &[7], 100)));
        assert!(!is_usable(&index(60, &[7], LONGEST_EDGE + 1)));
    }
}
