//! The main header of a tar entry.

use crate::verify::sparse::SparseHeaders;
use crate::verify::sparse_map::{Refusal, old_pieces};

pub(crate) const BLOCK: usize = 512;

pub(crate) fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A header block of an archive.
pub(crate) struct RawHeader<'a>(pub(crate) &'a [u8; BLOCK]);

impl RawHeader<'_> {
    pub(crate) fn type_flag(&self) -> u8 {
        self.0[156]
    }

    pub(crate) fn name(&self) -> String {
        let name = text(until_nul(&self.0[..100]));
        // GNU's old format uses the prefix field for other values.
        let is_ustar = &self.0[257..263] == b"ustar\0";
        // star's format uses the end of the prefix field for other values.
        let end = if self.0[508..] == *b"tar\0" { 476 } else { 500 };
        let prefix = if is_ustar { until_nul(&self.0[345..end]) } else { b"" };
        if prefix.is_empty() { name } else { format!("{}/{name}", text(prefix)) }
    }

    fn has_magic(&self) -> bool {
        // One flipped bit is accepted here, because the checksum detects it.
        let flipped = self.0[257..262].iter().zip(b"ustar").map(|(left, right)| left ^ right);
        flipped.map(u8::count_ones).sum::<u32>() <= 1
    }

    fn has_numbers(&self) -> bool {
        let fields = [100..108, 108..116, 116..124, 124..136, 148..156];
        fields.into_iter().all(|field| self.0[field.start] != 0 && number(&self.0[field]).is_some())
    }

    pub(crate) fn link_name(&self) -> String {
        text(until_nul(&self.0[157..257]))
    }

    /// Compares the checksum of the header. The checksum must be formatted as known writers format
    /// it, so that every flipped bit in it is detected.
    pub(crate) fn check_sum(&self) -> Result<(), &'static str> {
        let field = &self.0[148..156];
        let stored = number(field).ok_or("its checksum is not a number")?;
        let is_blank_padded = self.0[100] == b' ';
        let is_digit = |byte: &u8| byte.is_ascii_digit() || (is_blank_padded && *byte == b' ');
        let (digits, end) = field.split_at(6);
        let ends_as_written = matches!(end, [0, b' '] | [b' ', 0] | [b'0'..=b'7', 0]);
        if !digits.iter().all(is_digit) || !ends_as_written {
            return Err("its checksum has an unknown format");
        }
        let (before, after) = (&self.0[..148], &self.0[156..]);
        let spaces = 8 * u64::from(b' ');
        let sum = before.iter().chain(after).map(|&byte| u64::from(byte)).sum::<u64>() + spaces;
        if stored == sum { Ok(()) } else { Err("its checksum is wrong") }
    }

    pub(crate) fn size(&self) -> Result<u64, &'static str> {
        number(&self.0[124..136]).ok_or("its size is not a number")
    }

    /// Returns the description of a sparse file in GNU's old form, and `true` if a block with more
    /// of its map follows.
    pub(crate) fn old_sparse(&self) -> Result<(SparseHeaders, bool), Refusal> {
        if self.0[257..265] != *b"ustar  \0" {
            return Err("it is a sparse file of an unknown form".into());
        }
        let mut map = Vec::new();
        old_pieces(&self.0[386..482], stated_number, &mut map)?;
        let size = stated_number(&self.0[483..495]).ok_or("its size is not a number")?;
        let headers = SparseHeaders { size: Some(size), map, map_in_content: false };
        Ok((headers, self.0[482] != 0))
    }

    /// Reads this block as the continuation of a sparse file's map in GNU's old form. Returns
    /// `true` if another one follows.
    pub(crate) fn more_pieces(&self, headers: &mut SparseHeaders) -> Result<bool, Refusal> {
        old_pieces(&self.0[..504], stated_number, &mut headers.map)?;
        Ok(self.0[504] != 0)
    }
}

/// Reads a number field that must not be empty. Readers disagree on whether an empty field is zero
/// or an error.
fn stated_number(field: &[u8]) -> Option<u64> {
    let is_empty = until_nul(field).trim_ascii().is_empty();
    if is_empty { None } else { number(field) }
}

/// Reads a number field: octal digits, or base 256 if the first bit is set (GNU). Returns `None`
/// for negative numbers and for those that do not fit into 64 bits.
fn number(field: &[u8]) -> Option<u64> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        if first != 0x80 {
            return None;
        }
        return rest.iter().try_fold(0_u64, |number, &byte| {
            number.checked_mul(256).map(|number| number | u64::from(byte))
        });
    }
    let digits = until_nul(field);
    // Some readers skip zero bytes before digits, so digits after a zero byte are ambiguous.
    if !field[digits.len()..].iter().all(|byte| matches!(byte, 0 | b' ')) {
        return None;
    }
    let digits = digits.trim_ascii();
    digits.iter().try_fold(0_u64, |number, &digit| match digit {
        b'0'..=b'7' => number.checked_mul(8).map(|number| number | u64::from(digit - b'0')),
        _ => None,
    })
}

/// Returns `true` if a block looks like a tar header, even a damaged one.
pub(crate) fn resembles_tar_header(block: &[u8; BLOCK]) -> bool {
    let header = RawHeader(block);
    header.has_magic() || header.has_numbers()
}
