//! Reading in pieces, optionally ahead on another thread.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// The size of a piece: large enough that the cost of passing it to another thread is small, and
/// small enough for the processor's cache.
const PIECE: usize = 128 << 10;

/// The maximum number of pieces that wait to be processed.
const PIECES: usize = 8;

/// A buffer and the number of bytes that were read into it, or the error that ended reading.
type Filled = io::Result<(Vec<u8>, usize)>;

/// Reads to the end and passes each piece to a function, in order.
///
/// If `is_ahead`, reads on another thread. This is faster for long inputs, because decoding and
/// hashing (on that thread) take about as long as verifying (in the function). Emptied buffers
/// return to the reading thread through a second channel.
///
/// # Errors
///
/// The first error of the reader or of the function. The function has received all bytes before an
/// error of the reader.
pub(crate) fn read_pieces<R: Read + Send, E: From<io::Error>>(
    reader: &mut R,
    is_ahead: bool,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    if !is_ahead {
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece)? {
                0 => return Ok(()),
                count => take(&piece[..count])?,
            }
        }
    }
    thread::scope(|scope| {
        let (full, filled) = sync_channel(PIECES);
        let (empty, emptied) = channel();
        let read = move || fill(reader, &full, &emptied);
        thread::Builder::new().name("read".to_owned()).spawn_scoped(scope, read)?;
        take_all(&filled, &empty, &mut take)
    })
}

/// Reads pieces until the end, or until the receiver is dropped.
fn fill(reader: &mut impl Read, full: &SyncSender<Filled>, emptied: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = emptied.try_recv().unwrap_or_else(|_| vec![0; PIECE]);
        let (mut length, mut ended) = (0, None);
        // Decoders return short reads, which are collected into one piece.
        while length < PIECE && ended.is_none() {
            match reader.read(&mut piece[length..]) {
                Ok(0) => ended = Some(Ok(())),
                Ok(count) => length += count,
                Err(error) => ended = Some(Err(error)),
            }
        }
        if length > 0 && full.send(Ok((piece, length))).is_err() {
            return;
        }
        match ended {
            None => {}
            Some(Ok(())) => return,
            Some(Err(error)) => {
                let _ = full.send(Err(error));
                return;
            }
        }
    }
}

fn take_all<E: From<io::Error>>(
    filled: &Receiver<Filled>,
    empty: &Sender<Vec<u8>>,
    take: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    for piece in filled {
        let (piece, length) = piece?;
        take(&piece[..length])?;
        // Sending fails when the reader is at its end and needs no more buffers.
        let _ = empty.send(piece);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(reader: &mut (impl Read + Send), is_ahead: bool) -> (Vec<u8>, io::Result<()>) {
        let mut bytes = Vec::new();
        let result = read_pieces(reader, is_ahead, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        });
        (bytes, result)
    }

    /// A reader that fails at the end of its bytes.
    struct Failing<'a>(&'a [u8]);

    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("broken")),
                count => Ok(count),
            }
        }
    }

    #[test]
    fn all_bytes_are_passed_on_in_order() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 9 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at / 7 % 251) as u8).collect();
            for is_ahead in [false, true] {
                let (taken, result) = all(&mut bytes.as_slice(), is_ahead);
                assert!(result.is_ok() && taken == bytes, "{length}");
            }
        }
    }

    #[test]
    fn bytes_before_an_error_are_passed_on() {
        for length in [0, 1, PIECE, PIECE + 1] {
            for is_ahead in [false, true] {
                let (taken, result) = all(&mut Failing(&vec![7; length]), is_ahead);
                let error = result.unwrap_err().to_string();
                assert_eq!((taken.len(), error.as_str()), (length, "broken"));
            }
        }
    }

    #[test]
    fn an_error_of_the_function_stops_the_reader() {
        let mut endless = io::repeat(7);
        let result = read_pieces(&mut endless, true, |_| Err(io::Error::other("enough")));
        assert_eq!(result.unwrap_err().to_string(), "enough");
    }
}
