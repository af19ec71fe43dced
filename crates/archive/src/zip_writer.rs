//! Writes an archive as a zip with one member.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Writes the plain tar of an archive into a zip with one member, which any unzip reads.
///
/// The member is deflated and in the zip64 form, so that its size has no limit. It bears no date:
/// the same bytes give the same zip.
///
/// Dropped before [`finish`](Self::finish), it leaves the writer with the beginning of a zip.
pub struct ZipSink<W: Write + Seek> {
    writer: Option<ZipWriter<Abandonable<W>>>,
    is_abandoned: Arc<AtomicBool>,
}

impl<W: Write + Seek> ZipSink<W> {
    /// Begins a zip whose one member has this name: clusters' templates expect that of the zip's
    /// file, ending in `.docker`.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn new(writer: W, member_name: &str) -> io::Result<Self> {
        let is_abandoned = Arc::new(AtomicBool::new(false));
        let writer = Abandonable { writer, is_abandoned: Arc::clone(&is_abandoned) };
        let mut sink = Self { writer: Some(ZipWriter::new(writer)), is_abandoned };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(true);
        sink.writer()?.start_file(member_name, options)?;
        Ok(sink)
    }

    /// Writes the zip's directory and gives the writer back.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        let writer = self.writer.take().ok_or_else(closed)?;
        Ok(writer.finish()?.writer)
    }

    fn writer(&mut self) -> io::Result<&mut ZipWriter<Abandonable<W>>> {
        self.writer.as_mut().ok_or_else(closed)
    }
}

fn closed() -> io::Error {
    io::Error::other("the zip is closed")
}

impl<W: Write + Seek> Drop for ZipSink<W> {
    fn drop(&mut self) {
        self.is_abandoned.store(true, Ordering::Relaxed);
    }
}

impl<W: Write + Seek> Write for ZipSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer()?.flush()
    }
}

/// A writer that takes everything and does nothing once it is abandoned.
///
/// The zip crate's writer completes its zip when it is dropped, and prints to standard error if it can't,
/// as on a full disk. Here an unfinished zip is to be thrown away, and a library doesn't print.
struct Abandonable<W> {
    writer: W,
    is_abandoned: Arc<AtomicBool>,
}

impl<W> Abandonable<W> {
    fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }
}

impl<W: Write> Write for Abandonable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_abandoned() { Ok(bytes.len()) } else { self.writer.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_abandoned() { Ok(()) } else { self.writer.flush() }
    }
}

impl<W: Seek> Seek for Abandonable<W> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        if self.is_abandoned() { Ok(0) } else { self.writer.seek(position) }
    }
}

/// Gives the one member of a finished zip another name of the same length.
///
/// Some engines don't tell an image's id before it is saved, but the member's name contains it and
/// stands in front of the content. So a zip is begun under a name of the right length, and gets the
/// right one at the end: the name stands twice, in the member's header and in the zip's directory.
///
/// # Errors
///
/// Those of the file; [`io::ErrorKind::InvalidInput`] where it isn't a zip with one member whose name is
/// as long as the new one.
pub fn rename_zip_member(mut zip: impl Read + Write + Seek, name: &str) -> io::Result<()> {
    /// Where the name stands in the header of a member, and in its entry in the directory.
    const NAME_IN_HEADER: u64 = 30;
    const NAME_IN_DIRECTORY: u64 = 46;
    let mut archive = ZipArchive::new(&mut zip)?;
    let directory = archive.central_directory_start();
    let header = match archive.len() {
        1 => {
            let member = archive.by_index_raw(0)?;
            (member.name_raw().len() == name.len()).then(|| member.header_start())
        }
        _ => None,
    };
    let header = header.ok_or_else(|| {
        let reason = format!("not a zip with one member whose name is as long as `{name}`");
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    })?;
    for place in [header + NAME_IN_HEADER, directory + NAME_IN_DIRECTORY] {
        zip.seek(SeekFrom::Start(place))?;
        zip.write_all(name.as_bytes())?;
    }
    zip.flush()
}
