//! A TCP port that forwards to the socket of an engine.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

/// Returns the address of a port that forwards connections to the engine at this address, which
/// begins with `unix://`, as long as the process runs.
///
/// # Panics
///
/// If no port is free, or if the address is not that of a socket.
pub fn tcp_relay(engine: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("the listener has an address");
    let socket = engine.strip_prefix("unix://").expect("the engine has a socket").to_owned();
    thread::spawn(move || {
        for client in listener.incoming() {
            let connected = client.and_then(|client| Ok((client, UnixStream::connect(&socket)?)));
            let (client, engine) = connected.expect("both sides are connected");
            join(&client, &engine).expect("streams can be cloned");
        }
    });
    address
}

/// Copies in both directions. If one side is closed, that is not an error here: the other side
/// notices it.
fn join(client: &TcpStream, engine: &UnixStream) -> io::Result<()> {
    let (mut from, mut to) = (client.try_clone()?, engine.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (engine.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    Ok(())
}
