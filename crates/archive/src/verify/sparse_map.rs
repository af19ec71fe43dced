//! Maps of sparse files, which state the positions of their data.

use crate::error::Fault;

const BLOCK: usize = 512;
/// The maximum number of pieces in a sparse file. No known file of an image has as many.
const PIECE_LIMIT: usize = 100_000;

pub(crate) const BROKEN: &str = "its sparse map is broken";

/// The position of a piece of data in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// The reason why a sparse file is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The header or the map is invalid, for this reason.
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

/// Reads the pieces in one header of GNU's old form, up to the first empty one.
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

/// Converts the pairs of numbers of the pax forms 0.0 and 0.1 to pieces.
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

/// Returns the end of the last piece and the total length of the data. The pieces must be in order
/// and must not overlap.
pub(crate) fn extent(map: &[Piece]) -> Result<(u64, u64), Refusal> {
    let (mut end, mut data) = (0, 0_u64);
    for Piece { offset, length } in map {
        let is_next = *offset >= end;
        end = offset.checked_add(*length).filter(|_| is_next).ok_or(BROKEN)?;
        data = data.checked_add(*length).ok_or(BROKEN)?;
    }
    Ok((end, data))
}

/// The map of pax form 1.0, while it is being read. It consists of decimal numbers, one per line,
/// and is stored before the data: the number of pieces, then the offset and the length of each.
#[derive(Default)]
pub(crate) struct MapText {
    text: Vec<u8>,
    lines: usize,
    /// The number of digits in the current line.
    line_length: usize,
    /// The number of lines in the map. `None` until the first line was read.
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

    /// Reads bytes up to the end of the block in which the map ends. Returns their number.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_complete() {
            let byte = bytes[taken];
            taken += 1;
            self.text.push(byte);
            let is_padding = self.wanted.is_some_and(|wanted| self.lines >= wanted);
            match byte {
                0 if is_padding => {}
                // 64-bit numbers have at most 20 digits.
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
