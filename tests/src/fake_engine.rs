//! A fake engine: a small server with the Docker API on a real socket, for behaviour that real
//! engines cannot be made to show, such as an interruption in the middle of a save or a load.

use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use sealift_testing::layouts::Image;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::huge_image::HugeImage;

/// The behaviour of a save.
#[derive(Debug, Clone)]
pub(crate) enum Save {
    /// These bytes, and a regular end of the answer.
    Ends(Vec<u8>),
    /// An image that is generated while it is sent, and a regular end.
    Streams(HugeImage),
    /// These bytes, then the connection is closed.
    BreaksOff(Vec<u8>),
    /// These bytes, then the engine ends.
    Dies(Vec<u8>),
    /// These bytes, then the connection is reset.
    Resets(Vec<u8>),
    /// These bytes, then nothing until [`FakeEngine::release`], which closes the connection.
    Stalls(Vec<u8>),
    /// These bytes and a regular end, with a pause before one of them until
    /// [`FakeEngine::release`].
    Pauses(Vec<u8>, usize),
    /// These bytes, one at a time, and a regular end.
    Trickles(Vec<u8>),
}

/// The behaviour of a load.
#[derive(Debug, Clone)]
pub(crate) enum Load {
    /// The upload is read, and then the image exists.
    Takes,
    /// The upload is read and reported as loaded, but the image does not exist.
    Forgets,
    /// This many bytes are read, then the connection is closed.
    BreaksOff(usize),
    /// This many bytes are read, or all, then this status and this body are sent.
    Answers(usize, u16, String),
    /// The upload is read, and the connection is closed in the middle of the answer.
    AnswersHalf,
    /// Some bytes are read, then nothing happens until [`FakeEngine::release`].
    Stalls,
    /// This many bytes are read, or all, then this text is written as it is. Afterwards the image
    /// exists or not.
    Says { read: usize, answer: String, has_image: bool },
}

/// A fake engine. It ends when this value is dropped.
pub(crate) struct FakeEngine {
    _dir: TempDir,
    pub(crate) host: String,
    /// Receives a message when the bytes of a stalled save were sent.
    pub(crate) sent: Receiver<()>,
    /// The channel that releases a stalled save.
    hold: Option<Sender<()>>,
    script: Arc<Script>,
}

/// The properties that an engine reports about itself.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    /// The newest version of the API, and the only one that the fake supports.
    pub(crate) api: String,
    /// The answer to `/info`.
    pub(crate) info: Value,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { api: "1.41".to_owned(), info: json!({}) }
    }
}

struct Script {
    socket: PathBuf,
    dialect: Dialect,
    /// The answers to inspect requests for the tag. The last one is repeated.
    inspected: Mutex<Vec<Value>>,
    save: Save,
    load: Load,
    /// Whether the tag's image exists. It always exists on a fake for saves.
    is_there: AtomicBool,
    /// Number of uploads that ended regularly.
    whole_loads: AtomicUsize,
    /// The bytes of the last upload.
    received: Mutex<Vec<u8>>,
    sent: Sender<()>,
    released: Mutex<Receiver<()>>,
}

impl FakeEngine {
    /// Creates an engine with one image and this behaviour of saves.
    pub(crate) fn new(image: &Image, save: Save) -> Self {
        Self::with_moving_tag(vec![image.clone()], save)
    }

    /// Creates an engine with a tag that points to another image at each inspect request.
    pub(crate) fn with_moving_tag(images: Vec<Image>, save: Save) -> Self {
        Self::showing(images.iter().map(shown).collect(), save)
    }

    /// Creates an engine that answers inspect requests for a tag with these values; null while the
    /// tag does not exist.
    pub(crate) fn showing(images: Vec<Value>, save: Save) -> Self {
        Self::start(&Dialect::default(), images, save, Load::Takes, true)
    }

    /// Creates an engine without the image, with this behaviour of loads.
    pub(crate) fn loading(image: Value, load: Load) -> Self {
        Self::start(&Dialect::default(), vec![image], Save::BreaksOff(Vec::new()), load, false)
    }

    /// Creates an engine that has the image under each name, with this behaviour of loads of other
    /// images.
    pub(crate) fn having(image: Value, load: Load) -> Self {
        Self::start(&Dialect::default(), vec![image], Save::BreaksOff(Vec::new()), load, true)
    }

    /// Creates an engine with the recorded answers and properties of a real one.
    pub(crate) fn speaking(dialect: &Dialect, images: Vec<Value>, save: Save) -> Self {
        Self::start(dialect, images, save, Load::Takes, true)
    }

    fn start(
        dialect: &Dialect,
        images: Vec<Value>,
        save: Save,
        load: Load,
        is_there: bool,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket: PathBuf = dir.path().join("fake.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let (sent_sender, sent) = channel();
        let (hold, released) = channel();
        let script = Arc::new(Script {
            socket: socket.clone(),
            dialect: dialect.clone(),
            inspected: Mutex::new(images),
            save,
            load,
            is_there: AtomicBool::new(is_there),
            whole_loads: AtomicUsize::new(0),
            received: Mutex::default(),
            sent: sent_sender,
            released: Mutex::new(released),
        });
        let served = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let script = Arc::clone(&served);
                thread::spawn(move || script.answer(stream.unwrap()));
            }
        });
        let host = format!("unix://{}", socket.display());
        Self { _dir: dir, host, sent, hold: Some(hold), script }
    }

    /// Returns the number of uploads that ended regularly, so that an engine could create an image
    /// from them.
    pub(crate) fn whole_loads(&self) -> usize {
        self.script.whole_loads.load(Ordering::SeqCst)
    }

    /// Returns the bytes of the last upload.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.script.received.lock().unwrap().clone()
    }

    /// Ends a stalled save.
    pub(crate) fn release(&mut self) {
        self.hold = None;
    }
}

impl Script {
    fn answer(&self, mut stream: UnixStream) {
        // Without a buffer, because unread bytes at the close of a socket cause a reset.
        let mut first = Vec::new();
        while !first.ends_with(b"\n") {
            let mut byte = [0];
            match stream.read(&mut byte) {
                Ok(1) => first.extend(byte),
                _ => return,
            }
        }
        let first = String::from_utf8_lossy(&first).into_owned();
        let path = first.split(' ').nth(1).unwrap_or("");
        let path = path.strip_prefix(&format!("/v{}", self.dialect.api)).unwrap_or(path);
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let is_save = path.ends_with("/get");
        if let (true, Save::Resets(bytes)) = (is_save, &self.save) {
            let _ = stream.write_all(CHUNKED).and_then(|()| send(&mut stream, bytes, 1000));
            return;
        }
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
            line.clear();
        }
        // It is not an error if the client has closed the connection.
        let _ = if path == "/_ping" {
            let body = if first.starts_with("HEAD") { "" } else { "OK" };
            write!(stream, "HTTP/1.1 200 X\r\nApi-Version: {}\r\n", self.dialect.api)
                .and_then(|()| write!(stream, "Content-Length: {}\r\n\r\n{body}", body.len()))
        } else if path == "/info" {
            plain(&mut stream, 200, &self.dialect.info.to_string())
        } else if path == "/images/json" {
            plain(&mut stream, 200, &self.list().to_string())
        } else if path.ends_with("/json") {
            match self.is_there.load(Ordering::SeqCst).then(|| self.inspect()).as_deref() {
                None | Some("null") => plain(&mut stream, 404, "{\"message\":\"No such image\"}"),
                Some(shown) => plain(&mut stream, 200, shown),
            }
        } else if is_save {
            self.save(&mut stream)
        } else if path == "/version" {
            plain(&mut stream, 200, &json!({ "Version": "0", "ApiVersion": "1.41" }).to_string())
        } else if path == "/build" {
            let built = json!({ "aux": { "ID": format!("sha256:{}", "0".repeat(64)) } });
            take_chunks(&mut reader, usize::MAX, &mut io::sink())
                .and_then(|_| plain(&mut stream, 200, &format!("{built}\n")))
        } else if path.ends_with("/tag") && self.is_there.load(Ordering::SeqCst) {
            plain(&mut stream, 201, "")
        } else if path == "/images/load" {
            self.load(&mut reader, &mut stream)
        } else {
            plain(&mut stream, 404, "{\"message\":\"the fake does not know that\"}")
        };
    }

    /// Returns a list with the image if it exists and the store is containerd's: a load requests
    /// the list there.
    fn list(&self) -> Value {
        let image = self.inspected.lock().unwrap()[0].clone();
        if image["Descriptor"].is_null() || !self.is_there.load(Ordering::SeqCst) {
            return json!([]);
        }
        json!([{
            "Id": image["Id"], "Descriptor": image["Descriptor"], "ParentId": "", "RepoTags": [],
            "RepoDigests": [], "Labels": {}, "Created": 0, "Size": 0, "SharedSize": 0,
            "Containers": 0,
        }])
    }

    fn inspect(&self) -> String {
        let mut images = self.inspected.lock().unwrap();
        let image = if images.len() > 1 { images.remove(0) } else { images[0].clone() };
        image.to_string()
    }

    fn save(&self, stream: &mut UnixStream) -> io::Result<()> {
        const END: &[u8] = b"0\r\n\r\n";
        stream.write_all(CHUNKED)?;
        match &self.save {
            Save::Ends(bytes) => {
                send(stream, bytes, 1000)?;
                stream.write_all(END)
            }
            Save::BreaksOff(bytes) | Save::Resets(bytes) => send(stream, bytes, 1000),
            Save::Streams(image) => {
                let mut chunked = Chunked(stream);
                image.write(&mut chunked)?;
                chunked.0.write_all(END)
            }
            Save::Dies(bytes) => {
                send(stream, bytes, 1000)?;
                std::fs::remove_file(&self.socket)
            }
            Save::Stalls(bytes) => {
                send(stream, bytes, 1000)?;
                self.pause();
                Ok(())
            }
            Save::Pauses(bytes, at) => {
                send(stream, &bytes[..*at], 1000)?;
                self.pause();
                send(stream, &bytes[*at..], 1000)?;
                stream.write_all(END)
            }
            Save::Trickles(bytes) => {
                send(stream, bytes, 1)?;
                stream.write_all(END)
            }
        }
    }

    /// Reports a stall, and waits until it is released.
    fn pause(&self) {
        let _ = self.sent.send(());
        let _ = self.released.lock().unwrap().recv();
    }

    fn load(&self, reader: &mut impl BufRead, stream: &mut UnixStream) -> io::Result<()> {
        let limit = match self.load {
            Load::BreaksOff(limit) | Load::Answers(limit, ..) | Load::Says { read: limit, .. } => {
                limit
            }
            Load::Stalls => 1000,
            Load::Takes | Load::Forgets | Load::AnswersHalf => usize::MAX,
        };
        let mut received = Vec::new();
        let is_whole = take_chunks(reader, limit, &mut received)?;
        *self.received.lock().unwrap() = received;
        if let Load::Stalls = self.load {
            self.pause();
            return Ok(());
        }
        if let Load::Says { answer, has_image, .. } = &self.load {
            self.is_there.store(*has_image, Ordering::SeqCst);
            return stream.write_all(answer.as_bytes());
        }
        if !is_whole {
            if let Load::Answers(_, status, body) = &self.load {
                return plain(stream, *status, body);
            }
            return Ok(());
        }
        self.whole_loads.fetch_add(1, Ordering::SeqCst);
        const LOADED: &str = "{\"stream\":\"Loaded image: web\\n\"}\n";
        match &self.load {
            Load::Takes => {
                self.is_there.store(true, Ordering::SeqCst);
                plain(stream, 200, LOADED)
            }
            Load::Forgets => plain(stream, 200, LOADED),
            Load::Answers(_, status, body) => plain(stream, *status, body),
            Load::AnswersHalf => {
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{{\"stream\":\"Loa")
            }
            Load::BreaksOff(_) | Load::Stalls | Load::Says { .. } => Ok(()),
        }
    }
}

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

fn send(stream: &mut UnixStream, bytes: &[u8], size: usize) -> io::Result<()> {
    for chunk in bytes.chunks(size) {
        let mut piece = format!("{:x}\r\n", chunk.len()).into_bytes();
        piece.extend(chunk);
        piece.extend(b"\r\n");
        stream.write_all(&piece)?;
    }
    Ok(())
}

/// Copies at most this many bytes of a chunked body. Returns `true` if the body ended regularly.
fn take_chunks(
    reader: &mut impl BufRead,
    limit: usize,
    output: &mut impl Write,
) -> io::Result<bool> {
    let mut left = limit as u64;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            return Ok(true);
        }
        let taken = io::copy(&mut reader.take(size.min(left)), output)?;
        left -= taken;
        if taken < size {
            return Ok(false);
        }
        reader.read_line(&mut line)?;
    }
}

/// A writer that sends each write as a chunk.
struct Chunked<'a>(&'a mut UnixStream);

impl Write for Chunked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write!(self.0, "{:x}\r\n", bytes.len())?;
        self.0.write_all(bytes)?;
        self.0.write_all(b"\r\n")?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns the answer of a classic store to an inspect request.
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

fn plain(stream: &mut UnixStream, status: u16, body: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
