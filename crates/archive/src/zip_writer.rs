//! Writes an archive as a zip with one member.

use std::io::{self, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Writes the plain tar of an archive into a zip with one member, which any unzip reads.
///
/// The member is deflated and in the zip64 form, so that its size has no limit. It bears no date:
/// the same bytes give the same zip.
pub struct ZipSink<W: Write + Seek> {
    writer: ZipWriter<W>,
}

impl<W: Write + Seek> ZipSink<W> {
    /// Begins a zip whose one member has this name: clusters' templates expect that of the zip's
    /// file, ending in `.docker`.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn new(writer: W, member_name: &str) -> io::Result<Self> {
        let mut writer = ZipWriter::new(writer);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(true);
        writer.start_file(member_name, options)?;
        Ok(Self { writer })
    }

    /// Writes the zip's directory and gives the writer back.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.writer.finish()?)
    }
}

impl<W: Write + Seek> Write for ZipSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
