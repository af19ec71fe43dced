//! A rolling hash for content-defined chunking: it selects cut points by the bytes before them.

/// The number of bytes before a cut point that decide whether it is one.
pub(crate) const WINDOW: usize = 64;

/// The gear hash. Each byte shifts the hash by one bit, so a byte has no influence after 64 more
/// bytes.
///
/// The table is part of the cut rule. With another table, new archives would share no blocks with
/// existing ones.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Gear(u64);

impl Gear {
    /// Reads bytes up to the first cut point and returns their number. A cut point is after a byte
    /// at which the upper `bits` bits of the hash are zero, so it occurs every `2^bits` bytes on
    /// average.
    pub(crate) fn find(&mut self, bytes: &[u8], bits: u32) -> Option<usize> {
        let limit = u64::MAX >> bits;
        for (at, &byte) in bytes.iter().enumerate() {
            self.push(byte);
            if self.0 <= limit {
                return Some(at + 1);
            }
        }
        None
    }

    /// Reads bytes without searching for a cut point.
    pub(crate) fn skip(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.push(byte));
    }

    fn push(&mut self, byte: u8) {
        self.0 = (self.0 << 1).wrapping_add(TABLE[usize::from(byte)]);
    }
}

const TABLE: [u64; 256] = table();

/// Returns pseudo-random numbers of the generator SplitMix64 with the seed 0.
const fn table() -> [u64; 256] {
    let mut table = [0; 256];
    let (mut at, mut state) = (0, 0_u64);
    while at < table.len() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        table[at] = number ^ (number >> 31);
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use sealift_testing::layouts::noise;

    use super::*;

    /// Returns all cut points, found by reading pieces of this length.
    fn places(bytes: &[u8], piece: usize) -> Vec<usize> {
        let (mut gear, mut places) = (Gear::default(), Vec::new());
        for (number, mut rest) in bytes.chunks(piece).enumerate() {
            while let Some(count) = gear.find(rest, 10) {
                rest = &rest[count..];
                places.push((number + 1) * piece - rest.len());
            }
        }
        places
    }

    #[test]
    fn cut_points_are_as_frequent_as_the_bits_imply() {
        let count = places(&noise(1 << 20), 1 << 20).len();
        assert!((900..1150).contains(&count), "{count}");
    }

    #[test]
    fn cut_points_depend_only_on_the_bytes_before_them() {
        let content = noise(1 << 16);
        let moved = [&noise(777)[..], &content].concat();
        let expected: Vec<usize> =
            places(&content, 1 << 16).into_iter().filter(|&place| place > WINDOW).collect();
        let found: Vec<usize> = places(&moved, moved.len())
            .into_iter()
            .filter_map(|place| place.checked_sub(777).filter(|&place| place > WINDOW))
            .collect();
        assert!(expected.len() > 20);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_table_is_that_of_existing_archives() {
        assert_eq!(TABLE[0], 0xe220_a839_7b1d_cdaf);
        let sum = TABLE.iter().fold(0_u64, |sum, number| sum.rotate_left(1) ^ number);
        assert_eq!(sum, 13_677_615_894_126_629_790);
    }
}
