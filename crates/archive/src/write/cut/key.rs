//! A key for an entry of a tar that does not depend on the entry's time and content.

use crate::verify::tar_header::BLOCK;

/// The parts of a header with the name, the type and the link target, and the prefix of a long
/// name. The other fields are numbers, such as the time.
const PARTS: [std::ops::Range<usize>; 3] = [0..100, 156..257, 345..500];

/// A hash of the names of a tar entry.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryKey(u64);

impl EntryKey {
    /// Adds the entry's main header.
    pub(crate) fn header(&mut self, header: &[u8; BLOCK]) {
        for part in PARTS {
            self.add(&header[part]);
        }
    }

    /// Adds the content of an extension header, without the records that contain a time.
    pub(crate) fn extension(&mut self, content: &[u8]) {
        let has_time = |line: &[u8]| {
            let key = line.split(|&byte| byte == b'=').next().unwrap_or_default();
            key.ends_with(b"time")
        };
        for line in content.split(|&byte| byte == b'\n').filter(|line| !has_time(line)) {
            self.add(line);
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        for word in bytes.chunks(8) {
            let word = word.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            // FNV-1a over words. The upper half is mixed into the lower one, because a
            // multiplication carries only upwards.
            self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            self.0 ^= self.0 >> 32;
        }
    }

    /// Returns `true` for a share of `amount / of` of all keys on average.
    pub(crate) fn is_chosen(self, amount: u64, of: u64) -> bool {
        // The last step of SplitMix64 spreads each bit over all bits.
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        u128::from(number) * u128::from(of) < u128::from(amount) << 64
    }
}
