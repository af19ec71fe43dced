//! The requests that an engine receives for a build, recorded by the fake.

use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use sealift_docker::{BuildRequest, Error};

use crate::fake::{Call, Fake};

/// A fake engine that records the request of a build, and builds nothing.
pub(crate) struct Recorder {
    fake: Fake,
    last: Arc<Mutex<Option<Received>>>,
}

/// A recorded request for a build.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    request: String,
    tar: Vec<u8>,
}

/// An entry of a context, with the properties that an image shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name, without the slash that can follow the name of a folder.
    pub(crate) name: String,
    pub(crate) kind: tar::EntryType,
    /// The mode, without the bits for the type, which old clients set.
    pub(crate) mode: u32,
    pub(crate) owner: (u64, u64),
    pub(crate) mtime: u64,
    pub(crate) link: Option<String>,
    pub(crate) content: Vec<u8>,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let last = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&last);
        let fake = Fake::start(move |mut call: Call| {
            let keep = Arc::clone(&keep);
            async move {
                if call.path().starts_with("GET") {
                    return call.answer("200 OK", "{\"Id\":\"sha256:0123012301230123012301230123012301230123012301230123012301230123\"}").await;
                }
                let (request, tar) = (call.path().to_owned(), call.read_chunks().await);
                *keep.lock().unwrap() = Some(Received { request, tar });
                call.answer("200 OK", "{\"aux\":{\"ID\":\"sha256:0123012301230123012301230123012301230123012301230123012301230123\"}}\r\n").await;
            }
        });
        Self { fake, last }
    }

    /// Builds, and returns the request.
    pub(crate) async fn build(&self, request: BuildRequest) -> Result<Received, Error> {
        self.fake.engine().build(request, &mut |_| {}).await?;
        Ok(self.take().unwrap())
    }

    /// Builds with the docker CLI, and returns the request, or else the CLI's message. An empty
    /// name means the default Dockerfile.
    pub(crate) async fn build_by_cli(
        &self,
        folder: &Path,
        dockerfile: &str,
    ) -> Result<Received, String> {
        let nowhere = tempfile::tempdir().unwrap();
        let mut command = Command::new("docker");
        command.args(["build", "--tag", "web:1"]);
        if !dockerfile.is_empty() {
            command.arg("--file").arg(folder.join(dockerfile));
        }
        command
            .arg(folder)
            .env("DOCKER_BUILDKIT", "0")
            .env("DOCKER_CONFIG", nowhere.path())
            .env("DOCKER_HOST", self.fake.host())
            .env_remove("DOCKER_CONTEXT");
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
        let output = output.expect("the program `docker` can be run");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut received = self.take();
        if let Some(received) = &mut received {
            // With a Dockerfile from elsewhere, the docker CLI does not finish its tar: the last
            // block is short.
            received.tar.resize(received.tar.len().next_multiple_of(512) + 1024, 0);
        }
        if output.status.success() { Ok(received.unwrap()) } else { Err(words) }
    }

    /// Returns the paths of all requests except pings.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.fake.asked()
    }

    /// Returns an error with its causes, with a fixed name in the place of the socket.
    pub(crate) fn chain(&self, error: &Error) -> String {
        self.fake.chain(error)
    }

    fn take(&self) -> Option<Received> {
        self.last.lock().unwrap().take()
    }
}

impl Received {
    /// Returns the name of the Dockerfile in the request.
    pub(crate) fn dockerfile(&self) -> String {
        let (_, query) = self.request.split_once('?').unwrap();
        let value = query.split('&').find_map(|pair| pair.strip_prefix("dockerfile=")).unwrap();
        percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned()
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut archive = tar::Archive::new(&self.tar[..]);
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let entry = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let name = entry.path_bytes().into_owned();
            let header = entry.header();
            Entry {
                name: text(name.strip_suffix(b"/").unwrap_or(&name)),
                kind: header.entry_type(),
                mode: header.mode().unwrap() & 0o7777,
                owner: (header.uid().unwrap(), header.gid().unwrap()),
                mtime: header.mtime().unwrap(),
                link: entry.link_name_bytes().map(|link| text(&link)),
                content,
            }
        };
        archive.entries().unwrap().map(entry).collect()
    }
}

/// Returns the names of the entries, with a slash after those of folders.
pub(crate) fn names(received: &Received) -> Vec<String> {
    let name = |entry: Entry| match entry.kind {
        tar::EntryType::Directory => format!("{}/", entry.name),
        _ => entry.name,
    };
    received.entries().into_iter().map(name).collect()
}
