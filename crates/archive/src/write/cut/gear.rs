//! A rolling hash that finds places by the bytes before them.

/// How many bytes before a place decide about it.
pub(crate) const WINDOW: usize = 64;

/// The gear hash: each byte shifts out the one that was read 64 bytes earlier.
///
/// Its table is part of the cut rule. With another one, archives would share no blocks with those
/// that exist.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Gear(u64);

impl Gear {
    /// Reads bytes up to the first place, and returns how many these are. A place is after a byte
    /// with which the upper bits of the hash, as many as stated, are zero.
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

    /// Reads bytes whatever the hash becomes.
    pub(crate) fn skip(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.push(byte));
    }

    fn push(&mut self, byte: u8) {
        self.0 = (self.0 << 1).wrapping_add(TABLE[usize::from(byte)]);
    }
}

const TABLE: [u64; 256] = table();

/// Creates numbers that look random: the generator SplitMix64, started at zero.
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

    /// Returns all places, found in pieces of this length.
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
    fn places_are_about_as_frequent_as_their_bits_state() {
        let count = places(&noise(1 << 20), 1 << 20).len();
        assert!((900..1150).contains(&count), "{count}");
    }

    #[test]
    fn only_the_bytes_before_a_place_decide() {
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
    fn the_numbers_are_those_of_the_archives_that_exist() {
        assert_eq!(TABLE[0], 0xe220_a839_7b1d_cdaf);
        let sum = TABLE.iter().fold(0_u64, |sum, number| sum.rotate_left(1) ^ number);
        assert_eq!(sum, 13_677_615_894_126_629_790);
    }
}
