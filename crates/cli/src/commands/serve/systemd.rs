//! What systemd and a service tell each other.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::{env, io, process};

/// Returns `true` if systemd, or a tool that does the same, has passed sockets to this process.
pub(crate) fn passes_sockets() -> bool {
    let is_for_us = env::var("LISTEN_PID").is_ok_and(|pid| pid == process::id().to_string());
    is_for_us && env::var_os("LISTEN_FDS").is_some()
}

/// Tells the service manager, if it waits for that, that the server is ready.
pub(crate) fn notify_ready() {
    // Without an answer, the service manager reports that the start took too long.
    let _ = send(b"READY=1");
}

fn send(state: &[u8]) -> io::Result<()> {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    // The name of an abstract socket is written with an `@`.
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(&name)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state, &address)?;
    Ok(())
}
