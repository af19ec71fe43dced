//! Plain tcp: a relay of the test's own before the socket of a real engine.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use super::Way;
use crate::command::Place;

/// Returns an address at which a port passes everything on to this socket, for as long as the test
/// runs.
fn port_before(socket: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let socket = socket.strip_prefix("unix://").unwrap().to_owned();
    thread::spawn(move || {
        for client in listener.incoming() {
            join(&client.unwrap(), &UnixStream::connect(&socket).unwrap());
        }
    });
    format!("tcp://{address}")
}

/// Copies in both directions. What one side has closed is no error here; the other one sees it.
fn join(client: &TcpStream, engine: &UnixStream) {
    let (mut from, mut to) = (client.try_clone().unwrap(), engine.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (engine.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

mod on_engine {
    mod docker {
        use super::super::*;

        #[test]
        fn an_image_goes_both_ways_by_plain_tcp() {
            let Some(engine) = sealift_testing::engine("docker") else { return };
            let host = port_before(&engine.host);
            let place = Place::with_engine(&host);
            let folder = place.dir.path().to_owned();
            Way { engine, folder, host, place, variables: Vec::new() }.goes_both_ways();
        }
    }
}
