//! The context of a build: a folder, and what of it is sent.

use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::BuildRequest;
use crate::hex::hex;
use crate::ignore::{BadLine, Ignore, Matches, PatternError};
use crate::send_context;

/// The name under which engines look for an ignore file.
pub(crate) const IGNORE_FILE: &str = ".dockerignore";

/// How large an ignore file may be in bytes …
const IGNORE_FILE_LIMIT: u64 = 1 << 20;
/// … and how many lines it may have: each pattern costs memory, and time for each file.
const LINE_LIMIT: usize = 10_000;

/// Why a folder can't be sent as the context of a build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// Something in it can't be read.
    #[error("cannot read {} for the build", path.display())]
    Read {
        /// What can't be read.
        path: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },
    /// The context is no folder.
    #[error("{} is not a folder, so nothing can be built from it", path.display())]
    NotAFolder {
        /// What it is.
        path: PathBuf,
    },
    /// There is no such Dockerfile.
    #[error("there is no {dockerfile} in {}", path.display())]
    NoDockerfile {
        /// The Dockerfile.
        dockerfile: String,
        /// The context.
        path: PathBuf,
    },
    /// A name or a link's target is no UTF-8, as BuildKit wants it.
    #[error("{} can't be sent to BuildKit: it isn't UTF-8, in its name or in what it links to", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// The Dockerfile isn't inside the context.
    #[error("{dockerfile} is not inside {}", path.display())]
    DockerfileOutside {
        /// The Dockerfile.
        dockerfile: String,
        /// The context.
        path: PathBuf,
    },
    /// A line of the ignore file is no pattern.
    #[error("line {line} of {} is no pattern: `{pattern}`", path.display())]
    Pattern {
        /// The ignore file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What the line says, without a leading slash and the like.
        pattern: String,
        /// What is wrong with it.
        source: PatternError,
    },
    /// An ignore file that is larger than any that somebody wrote.
    #[error("{} has more than {limit}, which is the limit", path.display())]
    IgnoreFileTooLarge {
        /// The ignore file.
        path: PathBuf,
        /// The limit, with its unit.
        limit: &'static str,
    },
    /// A socket, a pipe or a device, which no image can have from a context.
    #[error("{} is {what}, which can't be part of a build", path.display())]
    Special {
        /// What it is, with its article.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
    },
    /// A file became longer or shorter while it was read.
    #[error("{} changed while it was sent", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// A folder to build from, found to be usable.
#[derive(Debug, Clone)]
pub(crate) struct BuildContext {
    root: PathBuf,
    dockerfile: String,
    /// What is in the Dockerfile, where it is none of the folder's.
    text: Option<String>,
    ignore: Ignore,
    special_ignore_file: Option<PathBuf>,
}

impl BuildContext {
    pub(crate) fn new(request: &BuildRequest) -> Result<Self, ContextError> {
        let root = &request.path;
        let read = |source| ContextError::Read { path: root.clone(), source };
        let metadata = fs::metadata(root).map_err(read)?;
        if !metadata.is_dir() {
            return Err(ContextError::NotAFolder { path: root.clone() });
        }
        match &request.dockerfile_text {
            Some(text) => Self::with_text(root, text),
            None => Self::with_file(root, request.dockerfile.as_deref().unwrap_or("Dockerfile")),
        }
    }

    /// Takes a Dockerfile that isn't in the folder; in what is sent it gets a name that no file there has.
    fn with_text(root: &Path, text: &str) -> Result<Self, ContextError> {
        let mut hash = Sha256::new();
        hash.update(text);
        let name = |hash: &Sha256| format!(".dockerfile.{}", hex(&hash.clone().finalize()[..10]));
        while fs::symlink_metadata(root.join(name(&hash))).is_ok() {
            hash.update([0]);
        }
        let ignore = read_ignore_file(&root.join(IGNORE_FILE))?.unwrap_or_default();
        Ok(Self {
            root: root.to_owned(),
            dockerfile: name(&hash),
            text: Some(text.to_owned()),
            ignore,
            special_ignore_file: None,
        })
    }

    fn with_file(root: &Path, dockerfile: &str) -> Result<Self, ContextError> {
        let path = || root.to_owned();
        let read = |source| ContextError::Read { path: path(), source };
        let outside =
            || ContextError::DockerfileOutside { dockerfile: dockerfile.to_owned(), path: path() };
        if dockerfile.starts_with('/') || dockerfile.split('/').any(|part| part == "..") {
            return Err(outside());
        }
        let found = root.join(dockerfile);
        if !fs::metadata(&found).is_ok_and(|metadata| metadata.is_file()) {
            return Err(ContextError::NoDockerfile {
                dockerfile: dockerfile.to_owned(),
                path: path(),
            });
        }
        // Where it is a link, the engine gets the name of what it leads to, as the link may be left out.
        let real = found.canonicalize().map_err(read)?;
        let real = real.strip_prefix(root.canonicalize().map_err(read)?);
        let real = real.ok().and_then(Path::to_str).ok_or_else(outside)?;

        // The one that belongs to the Dockerfile comes first.
        let special = root.join(format!("{dockerfile}{IGNORE_FILE}"));
        let (ignore, special_ignore_file) = match read_ignore_file(&special)? {
            Some(ignore) => (ignore, Some(special)),
            None => (read_ignore_file(&root.join(IGNORE_FILE))?.unwrap_or_default(), None),
        };
        let dockerfile = real.to_owned();
        Ok(Self { root: path(), dockerfile, text: None, ignore, special_ignore_file })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Gives the name of the Dockerfile in what is sent.
    pub(crate) fn dockerfile(&self) -> &str {
        &self.dockerfile
    }

    /// Gives what is in the Dockerfile, where it is none of the folder's.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Reads the Dockerfile.
    #[cfg(feature = "buildkit")]
    pub(crate) fn dockerfile_text(&self) -> Result<Vec<u8>, ContextError> {
        match &self.text {
            Some(text) => Ok(text.clone().into_bytes()),
            None => Self::read(&self.root.join(&self.dockerfile)),
        }
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ContextError> {
        fs::read(path).map_err(|source| ContextError::Read { path: path.to_owned(), source })
    }

    #[cfg(feature = "buildkit")]
    pub(crate) fn ignore(&self) -> &Ignore {
        &self.ignore
    }

    /// Gives the ignore file that counts where engines wouldn't find it by its name.
    pub(crate) fn special_ignore_file(&self) -> Option<&Path> {
        self.special_ignore_file.as_deref()
    }

    /// Tells whether a path is sent, given which patterns match its folder.
    ///
    /// The Dockerfile and the ignore file always are: the engine takes them out again if they are ignored.
    pub(crate) fn includes(&self, name: &Path, folder: &Matches) -> (bool, Matches) {
        let (is_left_out, matches) = self.ignore.leaves_out(name, folder);
        let is_kept = name == Path::new(&self.dockerfile) || name == Path::new(IGNORE_FILE);
        (is_kept || !is_left_out, matches)
    }

    /// Tells whether something may have to be sent from a folder that isn't.
    pub(crate) fn may_include_below(&self, folder: &Path) -> bool {
        self.ignore.may_except_below(folder) || Path::new(&self.dockerfile).starts_with(folder)
    }

    /// Writes what is sent into a channel, as a tar.
    pub(crate) fn send(&self, pieces: mpsc::Sender<Result<Bytes, ContextError>>) {
        send_context::send(self, pieces);
    }
}

/// Reads an ignore file if it is there.
fn read_ignore_file(path: &Path) -> Result<Option<Ignore>, ContextError> {
    let read = |source| ContextError::Read { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(metadata) => refuse_special(path, metadata.file_type())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(read(error)),
    }
    let too_large = |limit| ContextError::IgnoreFileTooLarge { path: path.to_owned(), limit };
    let mut text = Vec::new();
    let mut file = File::open(path).map_err(read)?.take(IGNORE_FILE_LIMIT + 1);
    file.read_to_end(&mut text).map_err(read)?;
    if text.len() as u64 > IGNORE_FILE_LIMIT {
        return Err(too_large("1 MiB"));
    }
    if text.iter().filter(|byte| **byte == b'\n').count() > LINE_LIMIT {
        return Err(too_large("10,000 lines"));
    }
    let bad = |BadLine { line, pattern, error }| ContextError::Pattern {
        path: path.to_owned(),
        line,
        pattern,
        source: error,
    };
    Ignore::parse(&text).map(Some).map_err(bad)
}

/// Refuses what can't be read as a file, or never ends.
pub(crate) fn refuse_special(path: &Path, kind: FileType) -> Result<(), ContextError> {
    let what = match kind {
        kind if kind.is_socket() => "a socket",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => return Ok(()),
    };
    Err(ContextError::Special { what, path: path.to_owned() })
}
