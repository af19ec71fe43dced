//! Sources of bytes that are read in pieces while they are sent.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// The size of a piece of a layer. One or two pieces of each response are in memory.
const PIECE: usize = 32 << 10;

/// The size of a piece of a file.
const FILE_PIECE: usize = 128 << 10;

/// A source of bytes that is read in pieces.
pub(crate) trait Pieces: Send + 'static {
    /// Reads the next piece of at most `limit` bytes. Blocks.
    ///
    /// # Errors
    ///
    /// If the bytes cannot be read, or at the end.
    fn read(&mut self, limit: u64) -> io::Result<Bytes>;

    /// Reads the next piece if that is possible without blocking. Returns `None` on errors, which
    /// [`read`](Self::read) reports.
    fn read_at_once(&mut self, limit: u64) -> Option<Bytes> {
        let _ = limit;
        None
    }
}

/// The pieces of a [`Read`].
pub(crate) struct StreamPieces<R>(R);

impl<R: Read + Send + 'static> StreamPieces<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self(reader)
    }
}

impl<R: Read + Send + 'static> Pieces for StreamPieces<R> {
    fn read(&mut self, limit: u64) -> io::Result<Bytes> {
        let wanted = up_to(limit, PIECE);
        let mut piece = Vec::with_capacity(wanted);
        self.0.by_ref().take(wanted as u64).read_to_end(&mut piece)?;
        match piece.is_empty() {
            true => Err(io::ErrorKind::UnexpectedEof.into()),
            false => Ok(piece.into()),
        }
    }
}

/// The pieces of a file.
///
/// Bytes in the page cache are read without a thread, because passing a piece between threads takes
/// longer than copying it.
pub(crate) struct FilePieces {
    file: File,
    offset: u64,
    spare: Spare,
}

/// Buffers that are reused after they were sent.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

/// A buffer that is being sent, and returned to the spare ones when it is dropped.
struct LentBuffer {
    bytes: Vec<u8>,
    filled: usize,
    spare: Spare,
}

impl FilePieces {
    pub(crate) fn new(file: File, offset: u64) -> Self {
        Self { file, offset, spare: Spare::default() }
    }

    fn buffer(&self) -> LentBuffer {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = spare.unwrap_or_else(|| vec![0; FILE_PIECE]);
        LentBuffer { bytes, filled: 0, spare: Arc::clone(&self.spare) }
    }

    fn filled(&mut self, mut buffer: LentBuffer, count: usize) -> Bytes {
        self.offset += count as u64;
        buffer.filled = count;
        Bytes::from_owner(buffer)
    }
}

impl Pieces for FilePieces {
    fn read(&mut self, limit: u64) -> io::Result<Bytes> {
        let mut buffer = self.buffer();
        let piece = &mut buffer.bytes[..up_to(limit, FILE_PIECE)];
        let count = loop {
            match self.file.read_at(piece, self.offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        Ok(self.filled(buffer, count))
    }

    #[cfg(target_os = "linux")]
    fn read_at_once(&mut self, limit: u64) -> Option<Bytes> {
        let mut buffer = self.buffer();
        let piece = &mut buffer.bytes[..up_to(limit, FILE_PIECE)];
        let piece = &mut [io::IoSliceMut::new(piece)];
        let flags = rustix::io::ReadWriteFlags::NOWAIT;
        match rustix::io::preadv2(&self.file, piece, self.offset, flags) {
            Ok(count) if count > 0 => Some(self.filled(buffer, count)),
            // The end, an error, bytes that are not cached, or an unsupported file system: `read`
            // handles all of them.
            _ => None,
        }
    }
}

impl AsRef<[u8]> for LentBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }
}

impl Drop for LentBuffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

fn up_to(limit: u64, piece: usize) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX).min(piece)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_is_read_in_pieces_up_to_the_limit() {
        let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        let mut pieces = FilePieces::new(file, 5);
        let mut found = Vec::new();
        while found.len() < 1_000_000 {
            let left = 1_000_000 - found.len() as u64;
            let piece = pieces.read_at_once(left);
            found.extend(piece.unwrap_or_else(|| pieces.read(left).unwrap()));
        }
        assert!(found == content[5..1_000_005]);
        assert_eq!(pieces.spare.lock().unwrap().len(), 1, "one buffer was enough");
        pieces.offset = content.len() as u64;
        assert!(pieces.read_at_once(1).is_none());
        assert_eq!(pieces.read(1).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
