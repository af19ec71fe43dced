//! Sends the context of a build as a tar, which is written while it is sent.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use bytes::Bytes;
use sealift_dockerignore::FolderMatches;
use tokio::sync::mpsc;

use crate::build::context::BuildContext;
use crate::build::context_error::ContextError;
use crate::build::dockerfile;
use crate::build::event::BuildEvent;
use crate::build::ignore_file::IGNORE_FILE;
use crate::build::notices::Notices;
use crate::build::walk::{Entry, Selection, Visit, walk};

/// The number of bytes that are sent to the engine at a time.
const PIECE: usize = 128 << 10;

/// Writes a context as a tar into a channel. Entries are sorted, are owned by root and keep their
/// modes.
pub(crate) fn send(context: &BuildContext, pieces: mpsc::Sender<Result<Bytes, ContextError>>) {
    let output = Pieces {
        sender: pieces.clone(),
        piece: Vec::with_capacity(PIECE),
        sent: 0,
        notices: context.notices().clone(),
    };
    let mut tar = tar::Builder::new(output);
    tar.mode(tar::HeaderMode::Complete);
    let mut sending = Sending { context, tar };
    if let Err(error) = sending.write_all().and_then(|()| sending.end()) {
        // If there is no receiver any more, the request has ended for another reason.
        let _ = pieces.blocking_send(Err(error));
    }
}

/// A context that is being sent.
struct Sending<'a> {
    context: &'a BuildContext,
    tar: tar::Builder<Pieces>,
}

impl Sending<'_> {
    fn write_all(&mut self) -> Result<(), ContextError> {
        if let Some(text) = self.context.text() {
            self.write_text(self.context.dockerfile(), text)?;
        }
        if self.has_own_ignore_file() {
            self.write_ignore_file()?;
        }
        walk(self.context, self)
    }

    fn end(self) -> Result<(), ContextError> {
        let read = |source| ContextError::Read { path: self.context.root().to_owned(), source };
        let mut output = self.tar.into_inner().map_err(read)?;
        output.flush().map_err(read)?;
        output.notices.report(BuildEvent::Sent { bytes: output.sent });
        Ok(())
    }

    /// Returns `true` if the ignore file that is sent is not the file of this name in the folder.
    fn has_own_ignore_file(&self) -> bool {
        self.context.special_ignore_file().is_some() || self.context.text().is_some()
    }

    /// Writes the ignore file that applies, under the name that engines expect.
    ///
    /// Engines apply it as well, and remove the Dockerfile from the build if it is ignored. The
    /// added lines remove what is not in the folder: this file, and a Dockerfile from elsewhere.
    fn write_ignore_file(&mut self) -> Result<(), ContextError> {
        let special = self.context.special_ignore_file();
        let path = special.map_or_else(|| self.context.root().join(IGNORE_FILE), Path::to_owned);
        let mut is_of_folder = special.is_none();
        let mut text = match dockerfile::read(&path) {
            Err(ContextError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                is_of_folder = false;
                Vec::new()
            }
            text => text?,
        };
        text.push(b'\n');
        if !is_of_folder {
            text.extend_from_slice(format!("{IGNORE_FILE}\n").as_bytes());
        }
        if self.context.text().is_some() {
            text.extend_from_slice(format!("{}\n", self.context.dockerfile()).as_bytes());
        }
        self.write_text(IGNORE_FILE, &text)
    }

    /// Writes a file that is not in the folder.
    fn write_text(&mut self, name: &str, text: &[u8]) -> Result<(), ContextError> {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(text.len() as u64);
        let path = || self.context.root().join(name);
        let written = self.tar.append_data(&mut header, name, text);
        written.map_err(|source| ContextError::Read { path: path(), source })
    }

    fn append_file(
        &mut self,
        mut header: tar::Header,
        name: &Path,
        path: &Path,
        metadata: &Metadata,
    ) -> Result<(), ContextError> {
        let read = |source| ContextError::Read { path: path.to_owned(), source };
        header.set_size(metadata.len());
        let file = File::open(path).map_err(read)?;
        let mut exact = Exact { file, left: metadata.len(), has_changed: false };
        let appended = self.tar.append_data(&mut header, name, &mut exact);
        if exact.has_changed {
            return Err(ContextError::Changed { path: path.to_owned() });
        }
        appended.map_err(read)
    }

    /// Writes a link without changing its target, which the `tar` crate would normalize.
    fn append_link(
        &mut self,
        mut header: tar::Header,
        name: &Path,
        target: &Path,
    ) -> io::Result<()> {
        let target = target.as_os_str().as_bytes();
        if header.set_link_name_literal(target).is_err() {
            let text = [target, b"\0"].concat();
            let mut long = tar::Header::new_gnu();
            long.set_entry_type(tar::EntryType::GNULongLink);
            long.set_size(text.len() as u64);
            long.set_mode(0o644);
            self.tar.append_data(&mut long, "././@LongLink", &text[..])?;
        }
        self.tar.append_data(&mut header, name, io::empty())
    }
}

impl Visit for Sending<'_> {
    type Stop = ContextError;

    fn select(&self, name: &Path, folder: &FolderMatches) -> Selection {
        let (is_included, matches) = self.context.includes(name, folder);
        let is_replaced = name == Path::new(IGNORE_FILE) && self.has_own_ignore_file();
        Selection {
            is_sent: is_included && !is_replaced,
            goes_below: (is_included || self.context.may_include_below(name)) && !is_replaced,
            matches,
        }
    }

    fn enter(&mut self, entry: &Entry<'_>, is_sent: bool) -> Result<(), ContextError> {
        if !is_sent {
            return Ok(());
        }
        let Entry { name, path, metadata, first_name } = *entry;
        let read = |source| ContextError::Read { path: path.to_owned(), source };
        let mut header = header(metadata);
        if let Some(first) = first_name {
            header.set_entry_type(tar::EntryType::Link);
            self.append_link(header, name, first).map_err(read)
        } else if metadata.is_symlink() {
            let target = fs::read_link(path).map_err(read)?;
            header.set_entry_type(tar::EntryType::Symlink);
            self.append_link(header, name, &target).map_err(read)
        } else if metadata.is_dir() {
            header.set_entry_type(tar::EntryType::Directory);
            self.tar.append_data(&mut header, name, io::empty()).map_err(read)
        } else {
            self.append_file(header, name, path, metadata)
        }
    }
}

/// Returns a header with the mode and time of a file, owned by root as in the docker CLI: owners on
/// this host have no meaning in the image.
fn header(metadata: &Metadata) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    header.set_mode(metadata.mode() & 0o7777);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Reads as many bytes of a file as its header states, and notes if the file is shorter or longer.
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

/// A writer that sends what is written, in pieces.
struct Pieces {
    sender: mpsc::Sender<Result<Bytes, ContextError>>,
    piece: Vec<u8>,
    /// The number of bytes that have been sent.
    sent: u64,
    notices: Notices,
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
        let size = piece.len() as u64;
        self.sender.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe)?;
        self.sent += size;
        self.notices.report(BuildEvent::Sending { bytes: self.sent });
        Ok(())
    }
}
