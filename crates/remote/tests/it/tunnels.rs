//! TLS through a proxy with CONNECT.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use sealift_remote::{ErrorKind, GetRequest};
use sealift_testing::{Nginx, WebServer};

use crate::place::{open_with, read};

/// Starts a proxy that answers CONNECT with this status, and sends the heads of the requests to the
/// receiver. It ends with the test.
fn proxy(status: &'static str) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, seen) = channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let head = String::from_utf8(head).unwrap();
            let target = head.split(' ').nth(1).unwrap().to_owned();
            // It is sent first, so that a client that was answered finds it there.
            heads.send(head).unwrap();
            client.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).unwrap();
            if status.starts_with("200") {
                let server = TcpStream::connect(target).unwrap();
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || copy(from, to));
                thread::spawn(move || copy(server, client));
            }
        }
    });
    (address, seen)
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    // Either side can close first.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[tokio::test]
async fn a_tunnel_hides_the_request_from_the_proxy() {
    let options = Nginx { tls: true, login: Some(("ann", "secret")), ..Nginx::default() };
    let Some(server) = WebServer::nginx(options) else { return };
    fs::write(server.files().join("a.bin"), "content").unwrap();
    let (address, heads) = proxy("200 OK");
    let authority = server.authority();
    let proxy = format!("http://bob:word@{address}");
    let variables =
        [("HTTPS_PROXY", proxy.as_str()), ("SSL_CERT_FILE", authority.to_str().unwrap())];
    let remote = open_with(&server.url("").replace("://", "://ann:secret@"), &variables);
    for _ in 0..3 {
        assert_eq!(read(&remote, &GetRequest::default()).await.unwrap(), "content");
    }
    let head = heads.recv().unwrap().to_lowercase();
    assert!(head.starts_with(&format!("connect {} http/1.1\r\n", server.address())), "{head}");
    assert!(head.contains("proxy-authorization: basic ym9iondvcmq=\r\n"), "{head}");
    assert!(!head.contains("\r\nauthorization"), "{head}");
    assert!(heads.try_recv().is_err(), "one connection serves all requests");
}

#[tokio::test]
async fn the_error_names_a_proxy_that_refuses() {
    for (status, kind) in [
        ("407 Proxy Authentication Required", ErrorKind::Denied),
        ("403 Forbidden", ErrorKind::Unreachable),
        ("502 Bad Gateway", ErrorKind::Unreachable),
    ] {
        let (address, heads) = proxy(status);
        let value = format!("http://bob:secret@{address}");
        let remote = open_with("https://nowhere.example/", &[("ALL_PROXY", &value)]);
        let error = read(&remote, &GetRequest::default()).await.unwrap_err();
        let reason = format!("the proxy at http://{address}/: it answered {status}");
        assert_eq!((error.kind(), error.reason()), (kind, reason.as_str()));
        let tries = if status.starts_with("502") { 6 } else { 1 };
        assert_eq!(heads.try_iter().count(), tries);
    }
}
