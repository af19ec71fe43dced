//! Sockets that systemd passes.

use std::io;
use std::net::TcpListener;

use listenfd::ListenFd;

use crate::error::Error;

/// Returns the TCP sockets that systemd, or a tool that does the same, has passed to this process.
/// They can be taken once.
///
/// # Errors
///
/// If there are none, or if one of them is not a TCP socket.
pub fn passed_listeners() -> Result<Vec<TcpListener>, Error> {
    let mut passed = ListenFd::from_env();
    if passed.len() == 0 {
        return Err(Error::Passed(io::Error::new(io::ErrorKind::NotFound, "there are none")));
    }
    let listeners = (0..passed.len()).map(|at| {
        let none = || io::Error::from(io::ErrorKind::NotFound);
        passed.take_tcp_listener(at).and_then(|listener| listener.ok_or_else(none))
    });
    listeners.collect::<io::Result<_>>().map_err(Error::Passed)
}
