//! A relay that delays every byte, like a long-distance connection.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Size of a piece that is copied at a time, in bytes.
const PIECE: usize = 64 << 10;
/// Number of pieces in transit in one direction of a connection.
const PIECES: usize = 64;

/// Forwards connections from a listener to an address, until the process ends. They may be in
/// different network namespaces: connections are opened from that of this process.
///
/// Each direction adds the delay, and opening a connection adds it once for each direction.
pub(super) fn start(listener: TcpListener, to: SocketAddr, delay: Duration) {
    thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            thread::spawn(move || {
                thread::sleep(delay * 2);
                // If the connection cannot be opened, the client's is closed.
                let _ = TcpStream::connect(to).and_then(|server| pass(client, server, delay));
            });
        }
    });
}

fn pass(client: TcpStream, server: TcpStream, delay: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_server, to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || copy(from_server, to_client, delay));
    copy(client, server, delay);
    Ok(())
}

/// Copies until one side closes, then closes the other one.
fn copy(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(PIECES);
    thread::spawn(move || {
        for (due, piece) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        // This fails if the other side is closed already.
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut buffer = vec![0; PIECE];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if sender.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_arrive_in_order_and_both_sides_close() {
        let target = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = relay.local_addr().unwrap();
        start(relay, target.local_addr().unwrap(), Duration::from_millis(1));
        let sent: Vec<u8> = (0..500_000_u32).map(|number| (number / 7) as u8).collect();
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(&sent).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let (mut server, _) = target.accept().unwrap();
        let mut received = Vec::new();
        server.read_to_end(&mut received).unwrap();
        assert!(received == sent);
        server.write_all(b"answer").unwrap();
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "answer");
    }
}
