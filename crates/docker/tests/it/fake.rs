//! A fake engine. It implements just enough HTTP to fail in ways in which real engines fail only
//! under unusual conditions. The usual behaviour of engines is tested with real ones, in
//! `on_engine`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealift_docker::{Address, Endpoint, Engine, Error, SettingSource, Timeouts};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

/// A fake engine on a socket of its own.
pub(crate) struct Fake {
    socket: PathBuf,
    state: Arc<State>,
    _folder: TempDir,
}

struct State {
    /// The number of pings that have arrived.
    pings: watch::Sender<u32>,
    /// The number of pings that are answered.
    answered: u32,
    /// The paths of all requests except pings.
    asked: Mutex<Vec<String>>,
}

/// A request that is not a ping.
pub(crate) struct Call {
    /// The method and the path.
    request: String,
    stream: UnixStream,
    state: Arc<State>,
    /// The part of the body that arrived with the head.
    body: Vec<u8>,
}

impl Fake {
    /// Starts a fake that answers every ping. All other requests are answered by `answer`.
    pub(crate) fn start<F>(answer: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_with(u32::MAX, "1.41", answer)
    }

    /// Starts a fake that answers only the first `answered` pings, and states the given version of
    /// the API.
    pub(crate) fn start_with<F>(
        answered: u32,
        api_version: &'static str,
        answer: impl Fn(Call) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("fake.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let state =
            Arc::new(State { pings: watch::Sender::new(0), answered, asked: Mutex::default() });
        let (answer, shared) = (Arc::new(answer), Arc::clone(&state));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, state) = (Arc::clone(&answer), Arc::clone(&shared));
                tokio::spawn(async move {
                    if let Some(call) = receive(stream, state, api_version).await {
                        answer(call).await;
                    }
                });
            }
        });
        Self { socket, state, _folder: folder }
    }

    /// Returns an engine with limits that are not reached.
    pub(crate) fn engine(&self) -> Engine {
        self.engine_with(|_| {})
    }

    pub(crate) fn engine_with(&self, change: impl FnOnce(&mut Timeouts)) -> Engine {
        let mut timeouts = Timeouts::new(Duration::from_secs(60));
        change(&mut timeouts);
        let address = Address::Unix(self.socket.clone());
        Engine::new(Endpoint::new(address, SettingSource::Default), timeouts)
    }

    /// Returns the path of the socket.
    #[cfg(feature = "tls")]
    pub(crate) fn socket(&self) -> &std::path::Path {
        &self.socket
    }

    /// Returns the address in the syntax of `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }

    /// Returns an error with its causes, with a fixed name in the place of the socket.
    pub(crate) fn chain(&self, error: &Error) -> String {
        crate::chain(error).replace(self.socket.to_str().unwrap(), "/SOCKET")
    }
}

/// Reads the head of a request, and answers it if it is a ping.
async fn receive(mut stream: UnixStream, state: Arc<State>, api_version: &str) -> Option<Call> {
    let mut body = Vec::new();
    let end = loop {
        if let Some(end) = body.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut body).await.unwrap() == 0 {
            return None;
        }
    };
    let head = String::from_utf8(body.drain(..end + 4).collect()).unwrap();
    let request = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    if request == "GET /_ping" || request == "HEAD /_ping" {
        let mut count = 0;
        state.pings.send_modify(|pings| {
            *pings += 1;
            count = *pings;
        });
        if count > state.answered {
            std::future::pending::<()>().await;
        }
        let answer = format!(
            "HTTP/1.1 200 OK\r\nApi-Version: {api_version}\r\nBuilder-Version: 2\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
            if request.starts_with("GET") { "OK" } else { "" },
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        return None;
    }
    state.asked.lock().unwrap().push(request.clone());
    Some(Call { request, stream, state, body })
}

impl Call {
    /// Returns the method and the path.
    pub(crate) fn path(&self) -> &str {
        &self.request
    }

    /// Reads the body of the request to its proper end, and returns it without the framing of
    /// chunks.
    pub(crate) async fn read_chunks(&mut self) -> Vec<u8> {
        let mut content = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = self.body.windows(2).position(|window| window == b"\r\n") {
                    break end;
                }
                if self.stream.read_buf(&mut self.body).await.unwrap() == 0 {
                    return content;
                }
            };
            let length = std::str::from_utf8(&self.body[..end]).unwrap();
            let length = usize::from_str_radix(length, 16).unwrap();
            let whole = end + 2 + length + 2;
            while self.body.len() < whole {
                if self.stream.read_buf(&mut self.body).await.unwrap() == 0 {
                    return content;
                }
            }
            content.extend_from_slice(&self.body[end + 2..end + 2 + length]);
            self.body.drain(..whole);
            if length == 0 {
                return content;
            }
        }
    }

    /// Sends an answer with this status line and body, and closes the connection.
    pub(crate) async fn answer(mut self, status: &str, body: &str) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}");
        self.write(&format!("{head}\r\n\r\n{body}")).await;
    }

    /// Begins a chunked answer.
    pub(crate) async fn begin(&mut self) {
        self.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    }

    pub(crate) async fn chunk(&mut self, text: &str) {
        self.write(&format!("{:x}\r\n{text}\r\n", text.len())).await;
    }

    /// Ends a chunked answer properly.
    pub(crate) async fn end(mut self) {
        self.write("0\r\n\r\n").await;
    }

    pub(crate) async fn write(&mut self, text: &str) {
        // The other side may have closed the connection, which is no error of the fake.
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// Writes the same text repeatedly, until the other side stops reading.
    pub(crate) async fn write_for_ever(&mut self, text: &str) {
        while self.stream.write_all(text.as_bytes()).await.is_ok() {}
    }

    /// Reads the body of the request up to this text.
    pub(crate) async fn read_until(&mut self, text: &str) {
        while !self.body.windows(text.len()).any(|window| window == text.as_bytes()) {
            assert_ne!(
                self.stream.read_buf(&mut self.body).await.unwrap(),
                0,
                "{text} never comes"
            );
        }
    }

    /// Reads the body of the request until the other side closes the connection, and returns it
    /// with the framing of chunks.
    pub(crate) async fn read_to_end(mut self) -> Vec<u8> {
        let _ = self.stream.read_to_end(&mut self.body).await;
        self.body
    }

    /// Waits until this number of pings has arrived.
    pub(crate) async fn pings(&self, count: u32) {
        self.state.pings.subscribe().wait_for(|pings| *pings >= count).await.unwrap();
    }

    /// Waits until the other side closes the connection.
    pub(crate) async fn stall(mut self) {
        let mut rest = [0; 1024];
        while self.stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    }
}
