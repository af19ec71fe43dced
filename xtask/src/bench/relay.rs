//! A relay in front of an engine, which counts the bytes that are sent to it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};

/// Size of a piece that is copied at a time, in bytes.
const PIECE: usize = 64 << 10;

/// A relay that forwards connections, each in separate threads, until the process ends.
pub(super) struct Relay {
    sent: Arc<AtomicU64>,
}

impl Relay {
    /// Forwards connections from a new socket to an engine's socket.
    pub(super) fn of_sockets(from: &Path, to: &Path) -> Result<Self> {
        let listener = UnixListener::bind(from)
            .with_context(|| format!("cannot listen at {}", from.display()))?;
        let to = to.to_owned();
        Ok(Self::start(move || Ok((listener.accept()?.0, UnixStream::connect(&to)?))))
    }

    /// Forwards connections from a listener to an address. They may be in different network
    /// namespaces: connections are opened from that of this process.
    pub(super) fn of_ports(listener: TcpListener, to: String) -> Self {
        Self::start(move || Ok((listener.accept()?.0, TcpStream::connect(&to)?)))
    }

    fn start<S: Side>(mut next: impl FnMut() -> io::Result<(S, S)> + Send + 'static) -> Self {
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        std::thread::spawn(move || {
            while let Ok((client, engine)) = next() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || pass(&client, &engine, &count));
            }
        });
        Self { sent }
    }

    /// Returns the number of bytes that were sent to the engine, and resets the counter.
    pub(super) fn take_sent(&self) -> u64 {
        self.sent.swap(0, Ordering::Relaxed)
    }
}

/// One side of a connection.
trait Side: Send + Sized + 'static {
    fn second(&self) -> io::Result<Self>;
    fn end(&self);
    fn get(&self, buffer: &mut [u8]) -> io::Result<usize>;
    fn put(&self, bytes: &[u8]) -> io::Result<()>;
}

macro_rules! side {
    ($stream:ty) => {
        impl Side for $stream {
            fn second(&self) -> io::Result<Self> {
                self.try_clone()
            }

            fn end(&self) {
                // This fails if the other side is closed already.
                let _ = self.shutdown(Shutdown::Write);
            }

            fn get(&self, buffer: &mut [u8]) -> io::Result<usize> {
                let mut stream = self;
                stream.read(buffer)
            }

            fn put(&self, bytes: &[u8]) -> io::Result<()> {
                let mut stream = self;
                stream.write_all(bytes)
            }
        }
    };
}

side!(TcpStream);
side!(UnixStream);

/// Forwards bytes in both directions, and counts those to the engine.
fn pass<S: Side>(client: &S, engine: &S, sent: &AtomicU64) {
    let (Ok(answer), Ok(back)) = (engine.second(), client.second()) else { return };
    std::thread::spawn(move || copy(&answer, &back, |_| {}));
    copy(client, engine, |count| {
        sent.fetch_add(count, Ordering::Relaxed);
    });
}

/// Copies until one side closes, then closes the other one.
fn copy<S: Side>(from: &S, to: &S, mut on_bytes: impl FnMut(u64)) {
    let mut buffer = vec![0; PIECE];
    while let Ok(count @ 1..) = from.get(&mut buffer) {
        if to.put(&buffer[..count]).is_err() {
            break;
        }
        on_bytes(count as u64);
    }
    to.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_reach_the_other_side_and_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let engine = UnixListener::bind(&to).unwrap();
        let relay = Relay::of_sockets(&from, &to).unwrap();
        let client = UnixStream::connect(&from).unwrap();
        client.put(&[7; 200_000]).unwrap();
        client.end();
        let (mut connection, _) = engine.accept().unwrap();
        let mut received = Vec::new();
        connection.read_to_end(&mut received).unwrap();
        connection.put(b"answer").unwrap();
        connection.end();
        let mut answer = String::new();
        (&client).read_to_string(&mut answer).unwrap();
        assert_eq!((received.len(), answer.as_str()), (200_000, "answer"));
        assert_eq!((relay.take_sent(), relay.take_sent()), (200_000, 0));
    }
}
