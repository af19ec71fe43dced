//! A number for an entry of a tar that stays the same when the entry gets another time or other
//! content.

use crate::verify::tar_header::BLOCK;

/// Where the name, the type with the target of a link, and the first part of a long name stand in a
/// header. The rest of it are numbers, among them the time.
const PARTS: [std::ops::Range<usize>; 3] = [0..100, 156..257, 345..500];

/// A number for an entry of a tar, made of its names.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryKey(u64);

impl EntryKey {
    /// Adds an entry's own header.
    pub(crate) fn header(&mut self, header: &[u8; BLOCK]) {
        for part in PARTS {
            self.add(&header[part]);
        }
    }

    /// Adds the content of an extension header without the records that hold a time.
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
            // FNV-1a over words, with the upper half mixed in: a multiplication only carries
            // upwards.
            self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            self.0 ^= self.0 >> 32;
        }
    }

    /// Returns `true` for one in so many keys on average, if `amount` is one in so many of `of`.
    pub(crate) fn is_chosen(self, amount: u64, of: u64) -> bool {
        // The generator SplitMix64's last step spreads each bit over all of them.
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        u128::from(number) * u128::from(of) < u128::from(amount) << 64
    }
}
