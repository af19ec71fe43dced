//! SSH's encoding of values: big-endian numbers, and byte strings with their length in front.

/// Reads values from the beginning of a byte slice. Each method returns `None` if the bytes do not
/// begin with such a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the bytes that have not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()?;
        self.bytes(usize::try_from(length).ok()?)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    /// Reads a positive number and returns its bytes without leading zeros. Only the shortest
    /// encoding is accepted, so that a signature cannot be rewritten as another one.
    pub(crate) fn positive(&mut self) -> Option<&'a [u8]> {
        let number = self.string()?;
        match number {
            // The zero keeps the number from being negative.
            [0, high, ..] if *high >= 0x80 => Some(&number[1..]),
            [1..=0x7f, ..] => Some(number),
            _ => None,
        }
    }
}

/// Appends a byte string with its length in front.
pub(crate) fn put_string(to: &mut Vec<u8>, string: &[u8]) {
    // The string comes from a parsed message, whose lengths have 32 bits.
    to.extend(u32::try_from(string.len()).unwrap_or(u32::MAX).to_be_bytes());
    to.extend(string);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_that_is_longer_than_its_input_is_refused() {
        assert_eq!(Reader::new(b"\0\0\0\x03ab").string(), None);
        assert_eq!(Reader::new(b"\0\0\0").string(), None);
        let mut reader = Reader::new(b"\0\0\0\x02abc");
        assert_eq!((reader.string(), reader.rest()), (Some(&b"ab"[..]), &b"c"[..]));
    }

    #[test]
    fn a_positive_number_has_only_one_encoding() {
        let read = |number: &[u8]| {
            let mut string = Vec::new();
            put_string(&mut string, number);
            Reader::new(&string).positive().map(<[u8]>::to_vec)
        };
        assert_eq!(read(&[0x7f, 1]), Some(vec![0x7f, 1]));
        assert_eq!(read(&[0, 0x80]), Some(vec![0x80]));
        for other in [&[][..], &[0], &[0x80], &[0, 0x7f], &[0, 0, 0x80]] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }
}
