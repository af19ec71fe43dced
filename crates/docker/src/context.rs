//! The context of a build: a folder as a tar that is sent while it is written.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::sync::mpsc;

/// How much goes to the engine at a time.
const PIECE: usize = 128 << 10;

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
    /// The Dockerfile isn't inside the context.
    #[error("{dockerfile} is not inside {}", path.display())]
    DockerfileOutside {
        /// The Dockerfile.
        dockerfile: String,
        /// The context.
        path: PathBuf,
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
}

impl BuildContext {
    pub(crate) fn new(root: &Path, dockerfile: &str) -> Result<Self, ContextError> {
        let path = || root.to_owned();
        let metadata =
            fs::metadata(root).map_err(|source| ContextError::Read { path: path(), source })?;
        if !metadata.is_dir() {
            return Err(ContextError::NotAFolder { path: path() });
        }
        let parts = || dockerfile.split('/');
        if dockerfile.starts_with('/') || parts().any(|part| part == "..") {
            return Err(ContextError::DockerfileOutside {
                dockerfile: dockerfile.to_owned(),
                path: path(),
            });
        }
        if !fs::metadata(root.join(dockerfile)).is_ok_and(|metadata| metadata.is_file()) {
            return Err(ContextError::NoDockerfile {
                dockerfile: dockerfile.to_owned(),
                path: path(),
            });
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Tells whether the folder asks for something to be left out, which isn't done yet.
    pub(crate) fn has_ignore_file(&self, dockerfile: &str) -> bool {
        let specific = format!("{dockerfile}.dockerignore");
        [".dockerignore", &specific].iter().any(|name| self.root.join(name).exists())
    }

    /// Writes the folder as a tar into a channel; entries are sorted, owned by root, and keep their modes.
    pub(crate) fn send(&self, pieces: mpsc::Sender<Result<Bytes, ContextError>>) {
        let output = Pieces { sender: pieces.clone(), piece: Vec::with_capacity(PIECE) };
        let mut tar = tar::Builder::new(output);
        tar.mode(tar::HeaderMode::Complete);
        let written = self.write_folder(&mut tar, Path::new("")).and_then(|()| {
            let read = |source| ContextError::Read { path: self.root.clone(), source };
            tar.into_inner().and_then(|mut output| output.flush()).map_err(read)
        });
        if let Err(error) = written {
            // If nobody listens any more, the request has ended for another reason.
            let _ = pieces.blocking_send(Err(error));
        }
    }

    fn write_folder(
        &self,
        tar: &mut tar::Builder<Pieces>,
        folder: &Path,
    ) -> Result<(), ContextError> {
        let path = self.root.join(folder);
        let read = |source| ContextError::Read { path: path.clone(), source };
        let mut names = fs::read_dir(&path)
            .and_then(|entries| {
                entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()
            })
            .map_err(read)?;
        names.sort_unstable();
        for name in names {
            self.write_entry(tar, &folder.join(name))?;
        }
        Ok(())
    }

    fn write_entry(&self, tar: &mut tar::Builder<Pieces>, name: &Path) -> Result<(), ContextError> {
        let path = self.root.join(name);
        let read = |source| ContextError::Read { path: path.clone(), source };
        let metadata = fs::symlink_metadata(&path).map_err(read)?;
        let kind = metadata.file_type();
        let mut header = header(&metadata);
        if kind.is_symlink() {
            let target = fs::read_link(&path).map_err(read)?;
            header.set_entry_type(tar::EntryType::Symlink);
            tar.append_link(&mut header, name, target).map_err(read)
        } else if kind.is_dir() {
            header.set_entry_type(tar::EntryType::Directory);
            tar.append_data(&mut header, name, io::empty()).map_err(read)?;
            self.write_folder(tar, name)
        } else if kind.is_file() {
            header.set_size(metadata.len());
            let file = File::open(&path).map_err(read)?;
            let mut exact = Exact { file, left: metadata.len(), has_changed: false };
            let appended = tar.append_data(&mut header, name, &mut exact);
            if exact.has_changed {
                return Err(ContextError::Changed { path });
            }
            appended.map_err(read)
        } else {
            let what = match kind {
                kind if kind.is_socket() => "a socket",
                kind if kind.is_fifo() => "a pipe",
                _ => "a device",
            };
            Err(ContextError::Special { what, path })
        }
    }
}

/// Owned by root, as the docker CLI sends it: what the files' owners are here means nothing there.
fn header(metadata: &Metadata) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    header.set_mode(metadata.mode() & 0o7777);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Reads as many bytes of a file as its header says, and notes where there are fewer or more.
struct Exact {
    file: File,
    left: u64,
    has_changed: bool,
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.has_changed |= self.file.read(&mut [0])? > 0;
            return Ok(0);
        }
        let wanted = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.file.read(&mut buffer[..wanted])?;
        if count == 0 {
            self.has_changed = true;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Sends what is written, in pieces.
struct Pieces {
    sender: mpsc::Sender<Result<Bytes, ContextError>>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        if piece.is_empty() {
            return Ok(());
        }
        self.sender.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
