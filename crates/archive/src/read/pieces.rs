//! Reads in pieces, also on a thread of its own, ahead of the one that takes them.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// The size of a piece: large enough that passing it on costs little, small enough for a cache.
const PIECE: usize = 64 << 10;

/// How many pieces may wait to be taken.
const PIECES: usize = 4;

/// What is read: a buffer with this many bytes in it, or why there are no more.
type Filled = io::Result<(Vec<u8>, usize)>;

/// Reads everything, and calls a function with the pieces in order, until it fails. Reads on a
/// thread of its own if `is_ahead`: decoding and hashing take about as long as verifying what is
/// read.
///
/// # Errors
///
/// The first error of the reader or of the function. What was read before it has been passed on.
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

/// Reads pieces until the end, or until nobody takes them.
fn fill(reader: &mut impl Read, full: &SyncSender<Filled>, emptied: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = emptied.try_recv().unwrap_or_else(|_| vec![0; PIECE]);
        let (mut length, mut ended) = (0, None);
        // Decoders return what they have, which is passed on together.
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
        // If the reader is at its end, nobody needs it any more.
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

    /// Fails after what another reader has.
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
    fn everything_is_taken_in_order() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 9 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at / 7 % 251) as u8).collect();
            for is_ahead in [false, true] {
                let (taken, result) = all(&mut bytes.as_slice(), is_ahead);
                assert!(result.is_ok() && taken == bytes, "{length}");
            }
        }
    }

    #[test]
    fn what_comes_before_an_error_is_taken() {
        for length in [0, 1, PIECE, PIECE + 1] {
            for is_ahead in [false, true] {
                let (taken, result) = all(&mut Failing(&vec![7; length]), is_ahead);
                let error = result.unwrap_err().to_string();
                assert_eq!((taken.len(), error.as_str()), (length, "broken"));
            }
        }
    }

    #[test]
    fn the_reader_stops_when_nothing_is_taken_any_more() {
        let mut endless = io::repeat(7);
        let result = read_pieces(&mut endless, true, |_| Err(io::Error::other("enough")));
        assert_eq!(result.unwrap_err().to_string(), "enough");
    }
}
