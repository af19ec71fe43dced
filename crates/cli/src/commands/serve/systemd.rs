//! Socket activation and readiness notification of systemd.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::{env, io, process};

/// Returns `true` if systemd or a compatible tool has passed sockets to this process.
pub(crate) fn passes_sockets() -> bool {
    let is_for_us = env::var("LISTEN_PID").is_ok_and(|pid| pid == process::id().to_string());
    is_for_us && env::var_os("LISTEN_FDS").is_some()
}

/// Notifies the service manager, if there is one, that the server is ready.
pub(crate) fn notify_ready() {
    // If this fails, the service manager reports that the start timed out.
    let _ = send(b"READY=1");
}

fn send(state: &[u8]) -> io::Result<()> {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    // A name that begins with `@` is an abstract socket.
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(&name)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state, &address)?;
    Ok(())
}
