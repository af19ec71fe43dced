//! Sparse files in a tar: entries whose holes are not stored.
//!
//! There are four forms. GNU tar's old form has the type `S` and the map of the data in the header.
//! The pax forms 0.0 and 0.1 have the map in pax records, and the pax form 1.0 has it before the
//! data. bsdtar, the `tar` of macOS and Windows, uses form 1.0 for every file with holes.
//!
//! Readers fill the holes with zeros, so the digest is that of the filled file. The rules are those
//! of Go's `archive/tar`, which the engines use: the pieces of data are in order and do not
//! overlap, they are within the file, and their total length is the number of stored bytes.

use crate::error::Fault;
use crate::verify::sparse_map::{BROKEN, MapText, Piece, Refusal, extent};

/// The maximum size of all holes in an archive. Holes are hashed like data; this amount takes about
/// ten seconds.
pub(crate) const HOLE_LIMIT: u64 = 16 << 30;

/// The description of a sparse file in the headers of its entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SparseHeaders {
    /// The size of the file with its holes.
    pub(crate) size: Option<u64>,
    pub(crate) map: Vec<Piece>,
    /// Whether the map is stored before the data (pax form 1.0).
    pub(crate) map_in_content: bool,
}

/// A sparse file whose data is being read.
pub(crate) struct SparseFile {
    size: u64,
    map: Vec<Piece>,
    /// The number of stored bytes.
    stored: u64,
    /// The map of form 1.0, while it is being read.
    text: Option<MapText>,
    next_piece: usize,
    position: u64,
    /// The number of bytes of holes that the archive may still contain.
    holes_left: u64,
}

impl SparseFile {
    /// Creates the file that the headers describe. `stored` is its number of stored bytes.
    pub(crate) fn new(
        headers: SparseHeaders,
        stored: u64,
        holes_left: u64,
    ) -> Result<Self, Refusal> {
        let file = Self {
            size: headers.size.unwrap_or(stored),
            map: headers.map,
            stored,
            text: headers.map_in_content.then(MapText::default),
            next_piece: 0,
            position: 0,
            holes_left,
        };
        if file.text.is_none() {
            file.check_map()?;
        }
        Ok(file)
    }

    /// Returns the size of the file with its holes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    fn check_map(&self) -> Result<(), Refusal> {
        let (end, data) = extent(&self.map)?;
        if end > self.size || data != self.stored {
            return Err("its sparse map does not match its size".into());
        }
        if self.size - data > self.holes_left {
            let what = match self.size - data > HOLE_LIMIT {
                true => format!("the holes of a sparse file of {} bytes", self.size),
                false => "the holes of its sparse files".to_owned(),
            };
            return Err(Fault::LimitExceeded { what, limit: "16 GiB".to_owned() }.into());
        }
        Ok(())
    }

    /// Reads stored bytes and passes the content up to their end to `sink`, with holes filled.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Refusal> {
        if let Some(text) = &mut self.text {
            let taken = text.push(bytes)?;
            bytes = &bytes[taken..];
            if !text.is_complete() {
                return Ok(());
            }
            self.map = text.pieces()?;
            self.stored = self.stored.checked_sub(text.length()).ok_or(BROKEN)?;
            self.text = None;
            self.check_map()?;
        }
        while !bytes.is_empty() {
            // The map was checked, so there is a piece for every byte.
            let Some(piece) = self.map.get(self.next_piece) else { return Err(BROKEN.into()) };
            let end = piece.offset + piece.length;
            if self.position >= end {
                self.next_piece += 1;
                continue;
            }
            let start = piece.offset;
            self.fill_to(start, sink)?;
            let left = usize::try_from(end - self.position).unwrap_or(usize::MAX);
            let (now, rest) = bytes.split_at(left.min(bytes.len()));
            sink(now)?;
            self.position += now.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    /// Passes the hole at the end of the file to `sink`. Returns the number of bytes of holes that
    /// the archive may still contain.
    pub(crate) fn finish(
        mut self,
        sink: &mut impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<u64, Refusal> {
        if self.text.is_some() {
            return Err(BROKEN.into());
        }
        self.fill_to(self.size, sink)?;
        Ok(self.holes_left)
    }

    fn fill_to(
        &mut self,
        end: u64,
        sink: &mut impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        const ZEROS: &[u8] = &[0; 64 << 10];
        while self.position < end {
            let left = usize::try_from(end - self.position).unwrap_or(usize::MAX);
            let zeros = &ZEROS[..left.min(ZEROS.len())];
            sink(zeros)?;
            self.position += zeros.len() as u64;
            self.holes_left = self.holes_left.saturating_sub(zeros.len() as u64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::sparse_map::pax_pieces;
    use crate::verify::tar_header::BLOCK;

    fn expand(headers: SparseHeaders, stored: &[u8], piece: usize) -> Result<Vec<u8>, Refusal> {
        let mut content = Vec::new();
        let mut sink = |bytes: &[u8]| {
            content.extend_from_slice(bytes);
            Ok(())
        };
        let mut file = SparseFile::new(headers, stored.len() as u64, HOLE_LIMIT)?;
        for bytes in stored.chunks(piece) {
            file.push(bytes, &mut sink)?;
        }
        file.finish(&mut sink)?;
        Ok(content)
    }

    fn mapped(size: u64, numbers: &[u64]) -> SparseHeaders {
        SparseHeaders { size: Some(size), map: pax_pieces(numbers).unwrap(), map_in_content: false }
    }

    #[test]
    fn holes_are_filled_with_zeros() {
        let expected = b"\0\0abc\0\0de\0\0\0";
        for piece in [1, 2, 100] {
            let headers = mapped(12, &[2, 3, 7, 2, 12, 0]);
            assert_eq!(expand(headers, b"abcde", piece).unwrap(), expected);
            let mut stored = b"3\n2\n3\n7\n2\n12\n0\n".to_vec();
            stored.resize(BLOCK, 0);
            stored.extend(b"abcde");
            let headers = SparseHeaders { size: Some(12), map: Vec::new(), map_in_content: true };
            assert_eq!(expand(headers, &stored, piece).unwrap(), expected);
        }
        assert_eq!(expand(mapped(3, &[]), b"", 1).unwrap(), [0; 3]);
    }

    #[test]
    fn ambiguous_maps_are_refused() {
        let maps: [(u64, &[u64]); 5] = [
            (12, &[2, 3, 4, 2]),
            (12, &[7, 2, 2, 3]),
            (8, &[2, 3, 7, 2]),
            (12, &[2, 3]),
            (u64::MAX, &[u64::MAX, 5]),
        ];
        for (size, map) in maps {
            assert!(matches!(expand(mapped(size, map), b"abcde", 9), Err(Refusal::Header(_))));
        }
        for text in ["", "x\n", "1\n2\n", "2\n0\n5\n3\n", "99999999999999999999999\n"] {
            let mut stored = text.as_bytes().to_vec();
            stored.resize(BLOCK, 0);
            stored.extend(b"abcde");
            let headers = SparseHeaders { size: Some(12), map: Vec::new(), map_in_content: true };
            assert!(matches!(expand(headers, &stored, 9), Err(Refusal::Header(_))), "{text}");
        }
    }

    #[test]
    fn too_many_holes_and_pieces_are_refused() {
        let holes = expand(mapped(1 << 50, &[0, 5]), b"abcde", 9);
        assert!(matches!(holes, Err(Refusal::Fault(Fault::LimitExceeded { .. }))));
        let together = |holes_left| {
            SparseFile::new(mapped(12, &[2, 3, 7, 2]), 5, holes_left)?.finish(&mut |_| Ok(()))
        };
        assert!(matches!(together(6), Err(Refusal::Fault(Fault::LimitExceeded { .. }))));
        assert!(matches!(together(12), Ok(0)), "without data, all of the file is filled");
        let mut text = MapText::default();
        assert!(matches!(text.push(b"1\n"), Ok(2)));
        assert!(
            matches!(text.push(&[b'0'; 21]), Err(Refusal::Header(_))),
            "long lines are refused"
        );
        let headers = SparseHeaders { size: Some(12), map: Vec::new(), map_in_content: true };
        let pieces = expand(headers, b"100001\n", 9);
        assert!(matches!(pieces, Err(Refusal::Fault(Fault::LimitExceeded { .. }))));
    }
}
