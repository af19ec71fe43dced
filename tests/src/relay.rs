//! A relay to the socket of an engine, which stops after a given number of bytes to the engine.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tempfile::TempDir;

/// A slow connection to an engine. It forwards a number of bytes to the engine, counted over all
/// connections, and the rest when it is released.
pub(crate) struct Relay {
    _dir: TempDir,
    pub(crate) host: String,
    gate: Arc<Gate>,
}

struct Gate {
    /// Number of bytes that are still forwarded; `None` after the release.
    left: Mutex<Option<usize>>,
    opened: Condvar,
}

impl Gate {
    /// Waits until these bytes may be forwarded.
    fn pass(&self, count: usize) {
        let mut left = self.left.lock().unwrap();
        if let Some(left) = left.as_mut().filter(|left| **left >= count) {
            *left -= count;
            return;
        }
        while left.is_some() {
            left = self.opened.wait(left).unwrap();
        }
    }
}

impl Relay {
    pub(crate) fn new(host: &str, bytes: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("relay.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let engine = PathBuf::from(host.strip_prefix("unix://").unwrap());
        let gate = Arc::new(Gate { left: Mutex::new(Some(bytes)), opened: Condvar::new() });
        let of_relay = Arc::clone(&gate);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, engine) = (client.unwrap(), UnixStream::connect(&engine).unwrap());
                let (back, to) = (client.try_clone().unwrap(), engine.try_clone().unwrap());
                let gate = Arc::clone(&of_relay);
                // If one side is closed, that is not an error here: the other side notices it.
                thread::spawn(move || copy(client, to, |count| gate.pass(count)));
                thread::spawn(move || copy(engine, back, |_| {}));
            }
        });
        Self { host: format!("unix://{}", socket.display()), _dir: dir, gate }
    }

    /// Forwards everything from now on.
    pub(crate) fn release(&self) {
        *self.gate.left.lock().unwrap() = None;
        self.gate.opened.notify_all();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.release();
    }
}

fn copy(mut from: UnixStream, mut to: UnixStream, pass: impl Fn(usize)) -> io::Result<()> {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return to.shutdown(Shutdown::Write);
        }
        pass(count);
        to.write_all(&buffer[..count])?;
    }
}
