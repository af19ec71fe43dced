//! `sealift serve`: the folder as a registry and as files, with direct requests and with real
//! engines.

mod builds;
mod conformance;
mod containerd;
mod cut;
mod https;
mod layers;
mod login;
mod many;
mod memory;
mod metrics;
mod mirror;
mod on_engine;
mod page;
mod paths;
mod platforms;
mod private;
mod pulls;
mod registry;
mod runs;
mod server;
mod service;
mod skopeo;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use sealift_testing::layouts::{Image, noise, pack};
use serde_json::Value;

use crate::command::Place;

/// A running command that serves the folder of a place.
struct Serving {
    child: Child,
    host: String,
    /// The first document that the command printed.
    start: Value,
    requests: Arc<Mutex<Vec<Value>>>,
    /// The lines on standard error.
    errors: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

/// An answer to a request.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Serving {
    fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// Starts the command with further arguments.
    fn start_with(place: &Place, more: &[&str]) -> Self {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--json"];
        Self::run(&mut place.command(&[&serve, more].concat()))
    }

    /// Starts a command that serves the folder and reports events as JSON.
    fn run(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let errors = Arc::<Mutex<Vec<String>>>::default();
        let (seen, lines) = (Arc::clone(&errors), BufReader::new(child.stderr.take().unwrap()));
        let read_errors = move || {
            lines.lines().for_each(|line| seen.lock().unwrap().push(line.unwrap()));
        };
        let error_reader = std::thread::spawn(read_errors);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let parse = |line: String| -> Value { serde_json::from_str(&line).unwrap() };
        let Some(start) = lines.next() else { panic!("{:?}", errors.lock().unwrap()) };
        let start = parse(start.unwrap());
        let requests = Arc::<Mutex<Vec<Value>>>::default();
        let seen = Arc::clone(&requests);
        let read = move || lines.for_each(|line| seen.lock().unwrap().push(parse(line.unwrap())));
        let readers = vec![std::thread::spawn(read), error_reader];
        let host = start["host"].as_str().unwrap().to_owned();
        Self { child, host, start, requests, errors, readers }
    }

    /// Sends the bytes of a request. Returns all received bytes.
    fn send(&self, request: &[u8]) -> Vec<u8> {
        let mut socket = TcpStream::connect(&self.host).unwrap();
        socket.write_all(request).unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        answer
    }

    fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let host = &self.host;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        );
        Answer::parse(self.send(request.as_bytes()))
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Repeats a request until the answer has this status: changes of the folder are noticed soon.
    fn wait_for(&self, path: &str, status: u16) {
        while self.get(path).status != status {
            std::thread::yield_now();
        }
    }

    /// Waits until a line with this text was printed on standard error.
    fn wait_for_error(&self, text: &str) {
        while !self.errors.lock().unwrap().iter().any(|line| line.contains(text)) {
            std::thread::yield_now();
        }
    }

    fn ask_to_stop(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Stops the command. Returns its exit code, and the requests that it answered.
    fn stop(mut self) -> (Option<i32>, Vec<Value>) {
        self.ask_to_stop();
        let status = self.child.wait().unwrap();
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        let requests = std::mem::take(&mut *self.requests.lock().unwrap());
        (status.code(), requests)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    fn parse(mut answer: Vec<u8>) -> Self {
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let body = answer.split_off(end + 4);
        let head = String::from_utf8(answer).unwrap();
        Self { status: head[9..12].parse().unwrap(), head, body }
    }

    /// Returns the value of a header, whose name is in lower case.
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Adds an image to the folder of archives.
fn add(place: &Place, tag: &str, seed: u8) {
    add_image(place, &Image::new(tag, seed), &[]);
}

/// Adds an image whose layers have several blocks, as a zip.
fn add_zip(place: &Place, tag: &str, seed: u8) {
    let mut image = Image::new(tag, seed);
    image.layers.push(noise(700_000));
    add_image(place, &image, &["--compress"]);
}

/// Adds an image with further arguments of `add`.
fn add_image(place: &Place, image: &Image, more: &[&str]) {
    let file = place.dir.path().join("image.tar");
    std::fs::write(&file, pack(&image.podman())).unwrap();
    place.ok(&[&["add", file.to_str().unwrap(), "-q"], more].concat());
}
