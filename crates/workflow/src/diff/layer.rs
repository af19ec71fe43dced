//! Listing of a layer's files.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use sealift_archive::{Archive, Fault, LayerSpan, PlainReader};
use sealift_oci::{Digest, Hasher};
use tar::{Entry, EntryType};

use crate::diff::tree::{FileFacts, FileKind, LayerEntry, normalized, whiteout};
use crate::error::Error;
use crate::run::{Activity, Run};

/// The limit for the headers of one entry with its extensions, in bytes, because the tar parser
/// keeps them in memory. Real entries are far below it.
const HEADERS_LIMIT: u64 = 16 << 20;

/// Returns the entries of a layer in their order. The layer is read completely and compared with
/// its digest.
pub(crate) fn entries_of(
    archive: &Archive,
    path: &Path,
    layer: &LayerSpan,
    activity: &Activity,
    run: &Run,
) -> Result<Vec<(String, LayerEntry)>, Error> {
    let refused = |error: io::Error, guard: &Guard| match guard.failure.borrow_mut().take() {
        Some(error) => error,
        None => {
            let reason = format!("its layer {} cannot be read as a tar: {error}", layer.digest);
            unsupported(path, reason)
        }
    };
    let stored = archive.layer(&layer.digest).ok_or_else(|| {
        unsupported(path, format!("its layer {} is stored as a sparse file", layer.digest))
    })?;
    let guard = Rc::new(Guard::default());
    let counted = Counted { reader: stored, activity, run, guard: Rc::clone(&guard) };
    let plain = PlainReader::from_stream(counted, layer.digest.to_string())
        .map_err(|error| guard.failure.borrow_mut().take().unwrap_or_else(|| error.into()))?;
    let mut tar = tar::Archive::new(Limited { reader: plain, guard: Rc::clone(&guard) });
    let mut listed = Vec::new();
    for entry in tar.entries().map_err(|error| refused(error, &guard))? {
        let entry = entry.map_err(|error| refused(error, &guard))?;
        guard.left.set(u64::MAX);
        listed.push(read(entry).map_err(|error| refused(error, &guard))?);
        guard.left.set(HEADERS_LIMIT);
    }
    // The tar ends before the layer does. Reading the rest triggers the comparison of the digest.
    guard.left.set(u64::MAX);
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(|error| refused(error, &guard))?;
    Ok(listed)
}

fn unsupported(path: &Path, reason: String) -> Error {
    sealift_archive::Error::Fault { input: path.into(), source: Fault::Unsupported { reason } }
        .into()
}

/// Reads an entry completely and describes it.
fn read<R: Read>(mut entry: Entry<'_, R>) -> io::Result<(String, LayerEntry)> {
    let path = normalized(&entry.path_bytes());
    if let Some(whiteout) = whiteout(&path) {
        return Ok(whiteout);
    }
    let target = entry.link_name_bytes().unwrap_or_default().into_owned();
    let (header, attributes) = (entry.header().clone(), attributes(&mut entry)?);
    let (kind, size, content) = match header.entry_type() {
        EntryType::Link => return Ok((path, LayerEntry::SameAs(normalized(&target)))),
        EntryType::Directory => (FileKind::Directory, 0, Digest::of(b"")),
        EntryType::Symlink => (FileKind::Symlink, 0, Digest::of(&target)),
        EntryType::Char | EntryType::Block | EntryType::Fifo => {
            let numbers = (header.device_major().ok(), header.device_minor().ok());
            (
                FileKind::Special,
                0,
                Digest::of(format!("{:?}{numbers:?}", header.entry_type()).as_bytes()),
            )
        }
        _ => {
            let mut hasher = Hasher::new();
            let size = io::copy(&mut entry, &mut hasher)?;
            (FileKind::File, size, hasher.finish())
        }
    };
    // Some writers omit these numbers.
    let mode = header.mode().unwrap_or(0) & 0o7777;
    let owner = (header.uid().unwrap_or(0), header.gid().unwrap_or(0));
    Ok((path, LayerEntry::Is(FileFacts { kind, size, mode, owner, content, attributes })))
}

/// Returns a digest of the extended attributes that does not depend on their order.
fn attributes<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<Digest> {
    let mut attributes = Vec::new();
    for extension in entry.pax_extensions()?.into_iter().flatten() {
        let extension = extension?;
        if extension.key_bytes().starts_with(b"SCHILY.xattr.") {
            attributes.push((extension.key_bytes().to_owned(), extension.value_bytes().to_owned()));
        }
    }
    attributes.sort();
    Ok(Digest::of(format!("{attributes:?}").as_bytes()))
}

/// State shared between the readers on both sides of the decompressor.
struct Guard {
    /// The number of bytes that the tar parser can read before the next entry must begin.
    left: Cell<u64>,
    /// The error of reading the archive. It is kept here because the tar parser would only return
    /// its text.
    failure: RefCell<Option<Error>>,
}

impl Default for Guard {
    fn default() -> Self {
        Self { left: Cell::new(HEADERS_LIMIT), failure: RefCell::default() }
    }
}

/// The layer as it is stored. Reports the progress and stops when the run is cancelled.
struct Counted<'a, R> {
    reader: R,
    activity: &'a Activity,
    run: &'a Run,
    guard: Rc<Guard>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let fail = |error: Error| {
            *self.guard.failure.borrow_mut() = Some(error);
            io::Error::other("the archive cannot be read")
        };
        self.run.check_cancelled().map_err(fail)?;
        let count = self.reader.read(buffer).map_err(|error| {
            fail(match error.downcast::<sealift_archive::Error>() {
                Ok(error) => error.into(),
                Err(error) => Error::Output(error),
            })
        })?;
        self.activity.progress(count as u64);
        Ok(count)
    }
}

/// The layer as a plain tar. Limits the size of headers that the parser can read.
struct Limited<R> {
    reader: R,
    guard: Rc<Guard>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let left = self.guard.left.get().checked_sub(count as u64);
        self.guard.left.set(left.ok_or_else(|| io::Error::other("an entry has huge headers"))?);
        Ok(count)
    }
}
