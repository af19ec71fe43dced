//! The Huffman codes of a deflate stream, and the meaning of their symbols.

use crate::write::deflate_check::bits::Bits;

/// The maximum length of a code in bits.
const LONGEST: usize = 15;

/// The number of symbols for literals, ends of parts and lengths of copies; for distances of
/// copies; and for lengths of codes.
pub(super) const LITERALS: usize = 288;
pub(super) const DISTANCES: usize = 32;
pub(super) const LENGTHS: usize = 19;

/// The sizes of the tables in which codes are looked up: 2 to the power of the longest code that is
/// looked up in one step. Longer codes are rare by construction.
pub(super) const LITERAL_TABLE: usize = 1 << 11;
pub(super) const DISTANCE_TABLE: usize = 1 << 8;
/// No code of a length is longer than 7 bits.
pub(super) const LENGTH_TABLE: usize = 1 << 7;

/// The symbol that ends a part. Smaller symbols are literals, greater ones are copies.
const END_OF_PART: usize = 256;

/// The meaning of a symbol, and the length of its code.
///
/// From the lowest bit on: six bits for the length of the code, so that the processor can shift by
/// the complete number; four for the number of extra bits; one for each kind; and the value from
/// bit 16 on. A symbol that is not allowed has no kind.
#[derive(Clone, Copy)]
pub(super) struct CodeEntry(u32);

impl CodeEntry {
    const LITERAL: u32 = 1 << 10;
    const COPY: u32 = 1 << 11;
    const END: u32 = 1 << 12;

    /// An entry for no symbol. No other entry has a code of no bits.
    const NONE: Self = Self(0);

    fn new(kind: u32, value: usize, extra: usize) -> Self {
        Self((value as u32) << 16 | kind | (extra as u32) << 6)
    }

    fn with_code_length(self, length: usize) -> Self {
        Self(self.0 | length as u32)
    }

    fn code_length(self) -> u32 {
        self.0 & 63
    }

    /// Returns the number of bits after the code that are added to the value.
    pub(super) fn extra(self) -> u32 {
        self.0 >> 6 & 15
    }

    pub(super) fn is_copy(self) -> bool {
        self.0 & Self::COPY != 0
    }

    pub(super) fn is_end(self) -> bool {
        self.0 & Self::END != 0
    }

    /// Returns the byte of a literal, or the smallest length or distance of a copy.
    pub(super) fn value(self) -> usize {
        (self.0 >> 16) as usize
    }

    #[inline]
    pub(super) fn literal(self) -> Option<u8> {
        (self.0 & Self::LITERAL != 0).then_some((self.0 >> 16) as u8)
    }
}

/// Describes a symbol for a literal, the end of a part, or the length of a copy.
pub(super) fn literal(symbol: usize) -> CodeEntry {
    let Some(number) = symbol.checked_sub(END_OF_PART + 1) else {
        let kind = if symbol == END_OF_PART { CodeEntry::END } else { CodeEntry::LITERAL };
        return CodeEntry::new(kind, symbol, 0);
    };
    match number {
        0..4 => CodeEntry::new(CodeEntry::COPY, 3 + number, 0),
        28 => CodeEntry::new(CodeEntry::COPY, 258, 0),
        29.. => CodeEntry::NONE,
        _ => {
            let extra = number / 4 - 1;
            CodeEntry::new(CodeEntry::COPY, 3 + ((4 + number % 4) << extra), extra)
        }
    }
}

/// Describes a symbol for the distance of a copy.
pub(super) fn distance(symbol: usize) -> CodeEntry {
    match symbol {
        0..2 => CodeEntry::new(CodeEntry::COPY, 1 + symbol, 0),
        30.. => CodeEntry::NONE,
        _ => {
            let extra = symbol / 2 - 1;
            CodeEntry::new(CodeEntry::COPY, 1 + ((2 + symbol % 2) << extra), extra)
        }
    }
}

/// Describes a symbol for the length of a code.
pub(super) fn length_of_code(symbol: usize) -> CodeEntry {
    CodeEntry::new(CodeEntry::LITERAL, symbol, 0)
}

/// A Huffman code.
pub(super) struct Code<const TABLE: usize, const SYMBOLS: usize> {
    /// The entry for each value of the next bits. Codes with more bits have none.
    table: Box<[CodeEntry; TABLE]>,
    /// The entries of all symbols in the order of their codes.
    sorted: [CodeEntry; SYMBOLS],
    /// The number of codes of each length.
    counts: [u16; LONGEST + 1],
}

impl<const TABLE: usize, const SYMBOLS: usize> Code<TABLE, SYMBOLS> {
    pub(super) fn new() -> Self {
        Self {
            table: Box::new([CodeEntry::NONE; TABLE]),
            sorted: [CodeEntry::NONE; SYMBOLS],
            counts: [0; LONGEST + 1],
        }
    }

    /// Sets the code by the length of each symbol's code; 0 is a symbol without a code.
    ///
    /// Returns `None` if there are more or fewer codes than these lengths allow. Distances may have
    /// a single code or none.
    pub(super) fn set(
        &mut self,
        lengths: &[u8],
        describe: impl Fn(usize) -> CodeEntry,
    ) -> Option<()> {
        self.counts = [0; LONGEST + 1];
        for &length in lengths {
            *self.counts.get_mut(usize::from(length))? += 1;
        }
        self.counts[0] = 0;
        // The first code and the first index in `sorted` of each length.
        let (mut codes, mut indexes) = ([0_usize; LONGEST + 2], [0_usize; LONGEST + 2]);
        for length in 1..=LONGEST {
            let count = usize::from(self.counts[length]);
            if codes[length] + count > 1 << length {
                return None;
            }
            codes[length + 1] = (codes[length] + count) << 1;
            indexes[length + 1] = indexes[length] + count;
        }
        let is_complete = codes[LONGEST + 1] == 2 << LONGEST;
        let may_be_incomplete = SYMBOLS == DISTANCES && indexes[LONGEST + 1] <= 1;
        if !is_complete && !may_be_incomplete {
            return None;
        }
        self.table.fill(CodeEntry::NONE);
        for (symbol, length) in lengths.iter().map(|&length| usize::from(length)).enumerate() {
            if length == 0 {
                continue;
            }
            let entry = describe(symbol).with_code_length(length);
            *self.sorted.get_mut(indexes[length])? = entry;
            if 1 << length <= TABLE {
                // Streams contain codes from their first bit on, in the lowest bits of a number.
                let first = (codes[length] as u16).reverse_bits() >> (16 - length);
                for place in self.table.iter_mut().skip(usize::from(first)).step_by(1 << length) {
                    *place = entry;
                }
            }
            codes[length] += 1;
            indexes[length] += 1;
        }
        Some(())
    }

    /// Reads one code.
    #[inline]
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Option<CodeEntry> {
        let mut entry = self.table[bits.buffer as usize & (TABLE - 1)];
        if entry.code_length() == 0 {
            entry = self.long(bits.buffer)?;
        }
        bits.skip(entry.0);
        Some(entry)
    }

    /// Reads a code bit by bit.
    #[cold]
    fn long(&self, mut buffer: u64) -> Option<CodeEntry> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in &self.counts[1..] {
            code = code << 1 | (buffer & 1) as usize;
            buffer >>= 1;
            let count = usize::from(count);
            if code < first + count {
                return self.sorted.get(index + code - first).copied();
            }
            index += count;
            first = (first + count) << 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_must_be_complete() {
        let mut code = Code::<LENGTH_TABLE, LENGTHS>::new();
        assert!(code.set(&[1, 1], length_of_code).is_some());
        assert!(code.set(&[2, 1, 2], length_of_code).is_some());
        for lengths in [&[][..], &[0, 0], &[1], &[1, 2], &[1, 1, 1], &[2, 2, 2], &[16]] {
            assert!(code.set(lengths, length_of_code).is_none(), "{lengths:?}");
        }
        let mut distances = Code::<DISTANCE_TABLE, DISTANCES>::new();
        assert!(distances.set(&[0, 0], distance).is_some());
        assert!(distances.set(&[0, 1], distance).is_some());
        assert!(distances.set(&[2, 2], distance).is_none());
    }

    #[test]
    fn symbols_have_the_values_of_the_format() {
        let values = |entry: CodeEntry| (entry.value(), entry.extra());
        assert_eq!(
            [257, 260, 264, 265, 268, 284, 285].map(literal).map(values),
            [(3, 0), (6, 0), (10, 0), (11, 1), (17, 1), (227, 5), (258, 0),]
        );
        assert_eq!(
            [0, 3, 4, 5, 29].map(distance).map(values),
            [(1, 0), (4, 0), (5, 1), (7, 1), (24_577, 13),]
        );
    }
}
