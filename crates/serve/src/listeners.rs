//! Socket activation by systemd.

use std::io;
use std::net::TcpListener;

use listenfd::ListenFd;

use crate::error::Error;

/// Returns the TCP sockets that systemd or a compatible tool passed to this process. They can be
/// taken only once.
///
/// # Errors
///
/// If no sockets were passed, or if one of them is not a TCP socket.
pub fn passed_listeners() -> Result<Vec<TcpListener>, Error> {
    let mut passed = ListenFd::from_env();
    if passed.len() == 0 {
        return Err(Error::Passed(io::Error::new(
            io::ErrorKind::NotFound,
            "no sockets were passed",
        )));
    }
    let listeners = (0..passed.len()).map(|at| {
        let none = || io::Error::from(io::ErrorKind::NotFound);
        passed.take_tcp_listener(at).and_then(|listener| listener.ok_or_else(none))
    });
    listeners.collect::<io::Result<_>>().map_err(Error::Passed)
}
