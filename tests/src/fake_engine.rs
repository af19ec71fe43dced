//! A fake engine: a small server that speaks the Docker API's real protocol on a real socket, for what
//! real engines can't be made to do, as breaking off in the middle of a save.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use sealift_testing::layouts::Image;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::huge_image::HugeImage;

/// How a save goes.
#[derive(Debug, Clone)]
pub(crate) enum Save {
    /// These bytes, and a proper end of the answer.
    Ends(Vec<u8>),
    /// An image that is made while it is sent, and a proper end.
    Streams(HugeImage),
    /// These bytes, and the connection breaks off.
    BreaksOff(Vec<u8>),
    /// These bytes, and then there is no engine any more.
    Dies(Vec<u8>),
    /// These bytes, and then nothing until the test lets go of [`FakeEngine::hold`].
    Stalls(Vec<u8>),
}

/// The fake; it ends with the test.
pub(crate) struct FakeEngine {
    _dir: TempDir,
    pub(crate) host: String,
    /// Tells when the bytes of a save that stalls have been sent.
    pub(crate) sent: Receiver<()>,
    /// What a save that stalls waits for.
    hold: Option<Sender<()>>,
}

struct Script {
    socket: PathBuf,
    /// What it shows of the tag's image, one for each inspect; the last one stays.
    inspected: Mutex<Vec<Value>>,
    save: Save,
    sent: Sender<()>,
    released: Mutex<Receiver<()>>,
}

impl FakeEngine {
    /// Serves one image, which is saved like this.
    pub(crate) fn new(image: &Image, save: Save) -> Self {
        Self::with_moving_tag(vec![image.clone()], save)
    }

    /// Serves a tag that points to another image at each look.
    pub(crate) fn with_moving_tag(images: Vec<Image>, save: Save) -> Self {
        Self::showing(images.iter().map(shown).collect(), save)
    }

    /// Serves a tag of which this is shown, one at each look; null while it isn't there.
    pub(crate) fn showing(images: Vec<Value>, save: Save) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket: PathBuf = dir.path().join("fake.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let (sent_sender, sent) = channel();
        let (hold, released) = channel();
        let script = Arc::new(Script {
            socket: socket.clone(),
            inspected: Mutex::new(images),
            save,
            sent: sent_sender,
            released: Mutex::new(released),
        });
        thread::spawn(move || {
            for stream in listener.incoming() {
                let script = Arc::clone(&script);
                thread::spawn(move || script.answer(stream.unwrap()));
            }
        });
        Self { _dir: dir, host: format!("unix://{}", socket.display()), sent, hold: Some(hold) }
    }

    /// Lets a save that stalls end.
    pub(crate) fn release(&mut self) {
        self.hold = None;
    }
}

impl Script {
    fn answer(&self, mut stream: UnixStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut first = String::new();
        let _ = reader.read_line(&mut first);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
            line.clear();
        }
        let path = first.split(' ').nth(1).unwrap_or("");
        let path = path.strip_prefix("/v1.41").unwrap_or(path);
        // A client that has gone away is no error here.
        let _ = if path == "/_ping" {
            plain(&mut stream, 200, "OK")
        } else if path == "/images/json" {
            plain(&mut stream, 200, "[]")
        } else if path.ends_with("/json") {
            match self.inspect().as_str() {
                "null" => plain(&mut stream, 404, "{\"message\":\"no such image\"}"),
                shown => plain(&mut stream, 200, shown),
            }
        } else if path.starts_with("/images/load") {
            take_body(&mut reader).and_then(|()| {
                plain(&mut stream, 200, "{\"stream\":\"Loaded image: huge:1\\n\"}\n")
            })
        } else if path.ends_with("/get") {
            self.save(&mut stream)
        } else {
            plain(&mut stream, 404, "{\"message\":\"the fake doesn't know that\"}")
        };
    }

    fn inspect(&self) -> String {
        let mut images = self.inspected.lock().unwrap();
        let image = if images.len() > 1 { images.remove(0) } else { images[0].clone() };
        image.to_string()
    }

    fn save(&self, stream: &mut UnixStream) -> std::io::Result<()> {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunks = |stream: &mut UnixStream, bytes: &[u8]| -> std::io::Result<()> {
            for chunk in bytes.chunks(1000) {
                write!(stream, "{:x}\r\n", chunk.len())?;
                stream.write_all(chunk)?;
                stream.write_all(b"\r\n")?;
            }
            Ok(())
        };
        match &self.save {
            Save::Ends(bytes) => {
                chunks(stream, bytes)?;
                stream.write_all(b"0\r\n\r\n")
            }
            Save::Streams(image) => {
                let mut chunked = Chunked(stream);
                image.write(&mut chunked)?;
                chunked.0.write_all(b"0\r\n\r\n")
            }
            Save::BreaksOff(bytes) => chunks(stream, bytes),
            Save::Dies(bytes) => {
                chunks(stream, bytes)?;
                std::fs::remove_file(&self.socket)
            }
            Save::Stalls(bytes) => {
                chunks(stream, bytes)?;
                let _ = self.sent.send(());
                let _ = self.released.lock().unwrap().recv();
                Ok(())
            }
        }
    }
}

/// Sends each write as a chunk.
struct Chunked<'a>(&'a mut UnixStream);

impl Write for Chunked<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        write!(self.0, "{:x}\r\n", bytes.len())?;
        self.0.write_all(bytes)?;
        self.0.write_all(b"\r\n")?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Takes a body that comes in chunks, and lets go of it.
fn take_body(reader: &mut BufReader<UnixStream>) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = u64::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        let taken = std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
        reader.read_line(&mut line)?;
        if taken < length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if length == 0 {
            return Ok(());
        }
    }
}

/// What a classic store shows of an image.
pub(crate) fn shown(image: &Image) -> Value {
    let config: Value = serde_json::from_slice(&image.config()).unwrap();
    json!({
        "Id": image.id(),
        "Os": image.os,
        "Architecture": image.architecture,
        "Created": config["created"],
        "Config": config["config"],
        "RootFS": {"Layers": config["rootfs"]["diff_ids"]},
    })
}

fn plain(stream: &mut UnixStream, status: u16, body: &str) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nApi-Version: 1.41\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
