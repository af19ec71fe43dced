//! A reader of the bits of a deflate stream.

/// The bits of a stream, from the lowest bit of each byte on.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The index of the next byte to be read into the buffer.
    at: usize,
    /// The next bits, the first one lowest.
    pub(super) buffer: u64,
    /// The number of bits in the buffer, which wraps if more were taken. Bits above them are
    /// undefined: zero, or the next ones.
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, buffer: 0, count: 0 }
    }

    /// Returns the number of bits that were taken.
    pub(super) fn position(&self) -> usize {
        self.at * 8 - self.count as usize
    }

    /// Reads ahead, so that at least 56 bits can be taken, or all bits up to the end. Returns
    /// `None` if more bits were taken than there were.
    #[inline]
    pub(super) fn refill(&mut self) -> Option<()> {
        if self.count > u64::BITS {
            return None;
        }
        if let Some(next) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            self.buffer |= u64::from_le_bytes(*next) << self.count;
            self.at += (63 - self.count as usize) / 8;
            self.count |= 56;
        } else {
            while self.count <= 56
                && let Some(&byte) = self.bytes.get(self.at)
            {
                self.buffer |= u64::from(byte) << self.count;
                self.at += 1;
                self.count += 8;
            }
        }
        Some(())
    }

    /// Takes up to 15 bits.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> usize {
        let taken = self.buffer & ((1 << count) - 1);
        self.skip(count);
        taken as usize
    }

    /// Skips a number of bits, which is in the lowest six bits of the argument.
    #[inline]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer = self.buffer.wrapping_shr(count);
        self.count = self.count.wrapping_sub(count & 63);
    }

    /// Skips the rest of a byte that was taken in part, and returns the bytes after it.
    pub(super) fn whole_bytes(&self) -> &'a [u8] {
        &self.bytes[self.at - self.count as usize / 8..]
    }

    /// Skips this number of the bytes that [`whole_bytes`](Self::whole_bytes) returns.
    pub(super) fn restart_at(&mut self, count: usize) {
        self.at = self.at - self.count as usize / 8 + count;
        (self.buffer, self.count) = (0, 0);
    }
}
