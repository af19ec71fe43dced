//! One connection of a client.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::message::{Head, Request};
use super::{Action, Shared};

/// Size of a piece that is forwarded at a time.
const PIECE: usize = 16 << 10;

/// Serves the only request of a connection.
pub(super) fn serve(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    if is_tls(&client)? {
        // The answer of an HTTP server. Engines with a containerd store try TLS first.
        client.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")?;
        return finish(&client);
    }
    let mut head = Head::read(&mut client)?;
    let mut words = head.first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let request = Request { number: 0, method, target, headers: head.headers.clone() };
    let length = head.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (_, action) = shared.admit(request);
    match &action {
        Action::Close => return Ok(()),
        Action::Hold => {
            shared.wait_for_end();
            return Ok(());
        }
        Action::Answer(status, headers, body) => {
            copy(&mut client, &mut io::sink(), length, |_| {})?;
            let mut answer =
                Head { first: format!("HTTP/1.1 {status} Injected"), headers: Vec::new() };
            for (name, value) in headers {
                answer.set(name, value);
            }
            answer.set("content-length", body.len().to_string());
            answer.set("connection", "close");
            client.write_all(&answer.to_bytes())?;
            client.write_all(body)?;
            return finish(&client);
        }
        Action::WithoutRequestHeaders(names) => names.iter().for_each(|name| head.remove(name)),
        _ => {}
    }
    let mut server = TcpStream::connect(shared.server)?;
    head.set("connection", "close");
    server.write_all(&head.to_bytes())?;
    let wanted = if let Action::CutUpload(at) = action { length.min(at) } else { length };
    copy(&mut client, &mut server, wanted, |_| {})?;
    if matches!(action, Action::CutUpload(_)) {
        return Ok(());
    }
    answer(shared, &action, &mut server, &mut client)
}

/// Returns `true` if a client starts a TLS handshake.
fn is_tls(client: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(client.peek(&mut first)? == 1 && first == [0x16])
}

/// Forwards the answer.
fn answer(
    shared: &Shared,
    action: &Action,
    server: &mut TcpStream,
    client: &mut TcpStream,
) -> io::Result<()> {
    let mut head = Head::read(server)?;
    head.set("connection", "close");
    if let Action::WithHeaders(headers) = action {
        headers.iter().for_each(|(name, value)| head.set(name, value));
    }
    let count = |bytes: u64| shared.lock().sent += bytes;
    match action {
        Action::LoseAnswer => {
            io::copy(server, &mut io::sink())?;
            return Ok(());
        }
        Action::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            io::copy(server, &mut encoder)?;
            let body = encoder.finish()?;
            head.set("content-encoding", "gzip");
            head.set("content-length", body.len().to_string());
            client.write_all(&head.to_bytes())?;
            count(body.len() as u64);
            client.write_all(&body)?;
        }
        Action::CutAfter(at) | Action::StallAfter(at) => {
            client.write_all(&head.to_bytes())?;
            copy(server, client, *at, count)?;
            if matches!(action, Action::StallAfter(_)) {
                shared.wait_for_end();
            }
            return Ok(());
        }
        Action::Corrupt(at) => {
            client.write_all(&head.to_bytes())?;
            copy(server, client, *at, count)?;
            let mut byte = [0];
            if server.read(&mut byte)? == 1 {
                count(1);
                client.write_all(&[!byte[0]])?;
            }
            copy(server, client, u64::MAX, count)?;
        }
        _ => {
            client.write_all(&head.to_bytes())?;
            copy(server, client, u64::MAX, count)?;
        }
    }
    finish(client)
}

/// Closes a connection without losing sent bytes: reads until the other side closes.
fn finish(mut client: &TcpStream) -> io::Result<()> {
    client.shutdown(Shutdown::Write)?;
    io::copy(&mut client, &mut io::sink())?;
    Ok(())
}

/// Forwards at most this many bytes.
fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    limit: u64,
    count: impl Fn(u64),
) -> io::Result<()> {
    let mut left = limit;
    let mut piece = [0; PIECE];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let read = from.read(&mut piece[..most])?;
        if read == 0 {
            return Ok(());
        }
        // Counted before they are sent, so that a client that received them finds them counted.
        count(read as u64);
        to.write_all(&piece[..read])?;
        left -= read as u64;
    }
    Ok(())
}
