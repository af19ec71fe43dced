//! A fake engine: a small server that speaks the Docker API's real protocol on a real socket, for
//! what real engines can't be made to do, as breaking off in the middle of a save or a load.

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
    /// These bytes, and the connection is reset.
    Resets(Vec<u8>),
    /// These bytes, and then nothing until [`FakeEngine::release`]; then the connection breaks off.
    Stalls(Vec<u8>),
    /// These bytes and a proper end, with a pause at one of them until [`FakeEngine::release`].
    Pauses(Vec<u8>, usize),
    /// These bytes, one at a time, and a proper end.
    Trickles(Vec<u8>),
}

/// How a load goes.
#[derive(Debug, Clone)]
pub(crate) enum Load {
    /// All is read and the image is there.
    Takes,
    /// All is read and said to be loaded, and the image isn't there.
    Forgets,
    /// So many bytes are read, and the connection breaks off.
    BreaksOff(usize),
    /// So many bytes are read, or all there are, and this is answered: status and body.
    Answers(usize, u16, String),
    /// All is read, and the answer breaks off in its middle.
    AnswersHalf,
    /// Some bytes are read, and nothing more happens until [`FakeEngine::release`].
    Stalls,
    /// So many bytes are read, or all there are, and this is written as it stands; then the image
    /// is there, or not.
    Says { read: usize, answer: String, has_image: bool },
}

/// The fake; it ends with the test.
pub(crate) struct FakeEngine {
    _dir: TempDir,
    pub(crate) host: String,
    /// Receives a message when the bytes of a save that stalls have been sent.
    pub(crate) sent: Receiver<()>,
    /// What a save that stalls waits for.
    hold: Option<Sender<()>>,
    script: Arc<Script>,
}

/// How an engine describes itself.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    /// The newest version of the API that it speaks; the fake speaks no other.
    pub(crate) api: String,
    /// What it answers on `/info`.
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
    /// What it shows of the tag's image, one for each inspect; the last one stays.
    inspected: Mutex<Vec<Value>>,
    save: Save,
    load: Load,
    /// Whether the tag's image is there. It always is where the fake is one to save from.
    is_there: AtomicBool,
    /// How many loads came to their proper end.
    whole_loads: AtomicUsize,
    /// What the last load sent.
    received: Mutex<Vec<u8>>,
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
        Self::start(&Dialect::default(), images, save, Load::Takes, true)
    }

    /// Serves an image that isn't there before it is loaded, which goes like this.
    pub(crate) fn loading(image: Value, load: Load) -> Self {
        Self::start(&Dialect::default(), vec![image], Save::BreaksOff(Vec::new()), load, false)
    }

    /// Serves an image that is there, under each name; another one is loaded like this.
    pub(crate) fn having(image: Value, load: Load) -> Self {
        Self::start(&Dialect::default(), vec![image], Save::BreaksOff(Vec::new()), load, true)
    }

    /// Serves what was recorded from an engine, and describes itself as that one did.
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

    /// Returns how many loads came to their proper end, so that an engine might make an image of
    /// them.
    pub(crate) fn whole_loads(&self) -> usize {
        self.script.whole_loads.load(Ordering::SeqCst)
    }

    /// Returns what the last load sent.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.script.received.lock().unwrap().clone()
    }

    /// Lets a save that stalls end.
    pub(crate) fn release(&mut self) {
        self.hold = None;
    }
}

impl Script {
    fn answer(&self, mut stream: UnixStream) {
        // Not buffered: what is left unread when the socket is closed makes that a reset.
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
        // A client that has gone away is no error here.
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
            plain(&mut stream, 404, "{\"message\":\"the fake doesn't know that\"}")
        };
    }

    /// Lists the image if it is there and the store is containerd's: a load asks for it there.
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

    /// Says that it stands still, and does until it is released.
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

/// Copies a chunked body, but not more than so many bytes of it. Returns `true` if it came to its
/// proper end.
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

/// Sends each write as a chunk.
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

fn plain(stream: &mut UnixStream, status: u16, body: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
