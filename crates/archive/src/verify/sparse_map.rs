//! The maps of sparse files: where their data lies.

use crate::error::Fault;

const BLOCK: usize = 512;
/// More pieces of data than any file of an image has.
const PIECE_LIMIT: usize = 100_000;

pub(crate) const BROKEN: &str = "its sparse map is broken";

/// Where a piece of data lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// Why a sparse file is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// What is wrong with its header or its map.
    Header(&'static str),
    Fault(Fault),
}

impl From<&'static str> for Refusal {
    fn from(reason: &'static str) -> Self {
        Self::Header(reason)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Reads the pieces of one header of GNU's old form, up to the first that is empty.
pub(crate) fn old_pieces(
    fields: &[u8],
    number: impl Fn(&[u8]) -> Option<u64>,
    map: &mut Vec<Piece>,
) -> Result<(), Refusal> {
    for field in fields.chunks_exact(24) {
        if field[0] == 0 {
            break;
        }
        let (offset, length) = field.split_at(12);
        let offset = number(offset).ok_or(BROKEN)?;
        push(map, offset, number(length).ok_or(BROKEN)?)?;
    }
    Ok(())
}

/// Reads the pieces of the pax forms 0.0 and 0.1: numbers in pairs.
pub(crate) fn pax_pieces(numbers: &[u64]) -> Result<Vec<Piece>, Refusal> {
    let mut map = Vec::new();
    for pair in numbers.chunks(2) {
        let [offset, length] = pair else { return Err(BROKEN.into()) };
        push(&mut map, *offset, *length)?;
    }
    Ok(map)
}

fn push(map: &mut Vec<Piece>, offset: u64, length: u64) -> Result<(), Refusal> {
    if map.len() >= PIECE_LIMIT {
        return Err(too_many_pieces());
    }
    map.push(Piece { offset, length });
    Ok(())
}

fn too_many_pieces() -> Refusal {
    let what = "the pieces of a sparse file".to_owned();
    Fault::LimitExceeded { what, limit: PIECE_LIMIT.to_string() }.into()
}

/// Returns where the last piece ends and how much data there is. The pieces must be in order and
/// must not overlap.
pub(crate) fn extent(map: &[Piece]) -> Result<(u64, u64), Refusal> {
    let (mut end, mut data) = (0, 0_u64);
    for Piece { offset, length } in map {
        let is_next = *offset >= end;
        end = offset.checked_add(*length).filter(|_| is_next).ok_or(BROKEN)?;
        data = data.checked_add(*length).ok_or(BROKEN)?;
    }
    Ok((end, data))
}

/// The map of pax form 1.0, while it comes: decimal numbers in lines, before the data.
#[derive(Default)]
pub(crate) struct MapText {
    text: Vec<u8>,
    lines: usize,
    /// How many bytes of the current line there are.
    line_length: usize,
    /// How many lines there will be.
    wanted: Option<usize>,
}

impl MapText {
    /// Returns the length of the map in bytes, with its padding.
    pub(crate) fn length(&self) -> u64 {
        self.text.len() as u64
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.lines >= wanted)
            && self.text.len().is_multiple_of(BLOCK)
    }

    /// Takes bytes up to the end of the block in which the map ends.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_complete() {
            let byte = bytes[taken];
            taken += 1;
            self.text.push(byte);
            let is_padding = self.wanted.is_some_and(|wanted| self.lines >= wanted);
            match byte {
                0 if is_padding => {}
                // No number has more digits.
                b'0'..=b'9' if !is_padding && self.line_length < 20 => self.line_length += 1,
                b'\n' if !is_padding => {
                    self.lines += 1;
                    self.line_length = 0;
                    if self.lines == 1 {
                        let pieces = self.numbers().next().flatten().ok_or(BROKEN)?;
                        let pieces = usize::try_from(pieces).unwrap_or(usize::MAX);
                        if pieces > PIECE_LIMIT {
                            return Err(too_many_pieces());
                        }
                        self.wanted = Some(1 + 2 * pieces);
                    }
                }
                _ => return Err(BROKEN.into()),
            }
        }
        Ok(taken)
    }

    fn numbers(&self) -> impl Iterator<Item = Option<u64>> {
        let lines = self.text.split(|&byte| byte == b'\n').take(self.lines);
        lines.map(|line| std::str::from_utf8(line).ok()?.parse().ok())
    }

    pub(crate) fn pieces(&self) -> Result<Vec<Piece>, Refusal> {
        let numbers: Option<Vec<u64>> = self.numbers().skip(1).collect();
        pax_pieces(&numbers.ok_or(BROKEN)?)
    }
}
