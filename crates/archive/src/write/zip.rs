//! A writer of zips with one member.
//!
//! Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3. The writer of the `zip` crate is
//! not used, because it prints to standard error or panics if it is dropped when the disk is full,
//! and because it cannot change the name of a member at the end.

use std::io::{self, Seek, SeekFrom, Write};

use crate::block_table::BlockTable;
use crate::write::level::Level;
use crate::write::parallel_deflate::{Deflated, ParallelDeflate};
use crate::zip_signature::{
    DIRECTORY_ENTRY, END, LOCAL_HEADER, PACKED_CRC_FIELD, ZIP64_END, ZIP64_LOCATOR,
};

/// Version 4.5 of the format, the first one with zip64.
const VERSION: u16 = 45;
/// The same version, and Unix as the system on which the zip was made.
const MADE_BY: u16 = 3 << 8 | VERSION;
pub(crate) const NAME_IS_UTF8: u16 = 1 << 11;
const DEFLATED: u16 = 8;
/// The earliest date of the format, 1 January 1980. It is constant, so that the same bytes result
/// in the same zip.
pub(crate) const NO_DATE: u16 = 1 << 5 | 1;
/// The value of a field whose number is in the zip64 field instead.
const SEE_ZIP64: u32 = u32::MAX;
/// The mode of a regular file that everyone can read.
const MODE: u32 = 0o100_644 << 16;
/// Offset of the checksum in a local header.
const CRC_IN_HEADER: u64 = 14;
/// Offset of the name in a local header.
const NAME_IN_HEADER: u64 = 30;

/// A writer of a zip whose only member is the plain tar of an archive. All common zip programs can
/// read it.
///
/// The member is deflated on all processors, in independent blocks that allow random access. It has
/// the zip64 form, so that its size is not limited. It contains no date, so that the same bytes
/// result in the same zip.
///
/// The standard checksum of a zip covers the content, and different deflate streams can have the
/// same content. The directory therefore also has a field of sealift's own with the CRC-32 of the
/// stream, so that every changed bit is detected. Other readers ignore this field.
///
/// ```
/// use std::io::{Cursor, Write};
/// use sealift_archive::ZipSink;
///
/// let mut sink = ZipSink::new(Cursor::new(Vec::new()), "web_1.0_000000000000.docker")?;
/// sink.write_all(b"bytes of a tar")?;
/// // The id of the image may be known only after the tar was written.
/// sink.rename("web_1.0_0123456789ab.docker")?;
/// let zip = sink.finish()?.into_inner();
/// assert!(zip.starts_with(b"PK"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the file is incomplete without `finish`"]
pub struct ZipSink<W: Write + Seek> {
    deflate: ParallelDeflate<W>,
    name: String,
    /// The position of the writer at which the zip starts.
    base: u64,
}

impl<W: Write + Seek> ZipSink<W> {
    /// Starts a zip with this name of the member. By convention, it is the name of the zip's file
    /// with the extension `.docker`, which templates of clusters rely on.
    ///
    /// # Errors
    ///
    /// Those of the writer, and [`io::ErrorKind::InvalidInput`] for a name of more than 65,535
    /// bytes.
    pub fn new(writer: W, member_name: &str) -> io::Result<Self> {
        Self::with_level(writer, member_name, Level::default())
    }

    /// Starts a zip with this compression level.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn with_level(mut writer: W, member_name: &str, level: Level) -> io::Result<Self> {
        let base = writer.stream_position()?;
        let numbers = Numbers::default();
        writer.write_all(&local_header(member_name.as_bytes(), &numbers)?)?;
        Ok(Self {
            deflate: ParallelDeflate::new(writer, level)?,
            name: member_name.to_owned(),
            base,
        })
    }

    /// Renames the member to a name of the same length. The finished zip has only the new name.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] if the length differs.
    pub fn rename(&mut self, member_name: &str) -> io::Result<()> {
        if member_name.len() != self.name.len() {
            let reason = format!("`{member_name}` is not as long as `{}`", self.name);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        member_name.clone_into(&mut self.name);
        Ok(())
    }

    /// Writes the zip's directory and returns the writer, positioned at the end of the zip.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.finish_with_blocks()?.0)
    }

    /// Completes the zip like [`finish`](Self::finish), and also returns its block table.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish_with_blocks(self) -> io::Result<(W, BlockTable)> {
        let Self { deflate, name, base } = self;
        let Deflated { mut writer, crc, size, packed_crc, blocks } = deflate.finish()?;
        let directory = writer.stream_position()? - base;
        let name = name.as_bytes();
        let header_size = local_header(name, &Numbers::default())?.len() as u64;
        let packed_size = directory - header_size;
        let numbers = Numbers { crc, size, packed_size, packed_crc: Some(packed_crc) };

        let header = local_header(name, &numbers)?;
        writer.seek(SeekFrom::Start(base + CRC_IN_HEADER))?;
        writer.write_all(&header[CRC_IN_HEADER as usize..])?;
        writer.seek(SeekFrom::Start(base + directory))?;
        let entry = directory_entry(name, &numbers)?;
        writer.write_all(&entry)?;
        writer.write_all(&end(directory, entry.len() as u64))?;
        writer.flush()?;
        Ok((writer, BlockTable::from_entries(base + header_size, blocks)))
    }
}

impl<W: Write + Seek> Write for ZipSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.deflate.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.deflate.flush()
    }
}

/// The numbers of a member that are known only at its end.
#[derive(Default)]
pub(crate) struct Numbers {
    pub(crate) crc: u32,
    pub(crate) size: u64,
    pub(crate) packed_size: u64,
    /// The CRC-32 of the packed bytes. `None` in zips of earlier versions of sealift.
    pub(crate) packed_crc: Option<u32>,
}

impl Numbers {
    /// Returns the zip64 field with both sizes.
    fn zip64_field(&self) -> Fields {
        Fields::default().u16(1).u16(16).u64(self.size).u64(self.packed_size)
    }

    /// Returns the extra fields of the directory's entry.
    fn directory_fields(&self) -> Fields {
        let zip64 = self.zip64_field();
        match self.packed_crc {
            Some(crc) => zip64.u16(PACKED_CRC_FIELD).u16(4).u32(crc),
            None => zip64,
        }
    }
}

/// Returns the part that a local header and an entry of the directory have in common, up to the
/// lengths of the name and of the extra fields.
fn member(name: &[u8], numbers: &Numbers, fields: &Fields) -> io::Result<Vec<u8>> {
    let described = Fields::default()
        .u16(VERSION)
        .u16(NAME_IS_UTF8)
        .u16(DEFLATED)
        .u16(0)
        .u16(NO_DATE)
        .u32(numbers.crc)
        .u32(SEE_ZIP64)
        .u32(SEE_ZIP64)
        .u16(name_length(name)?)
        .u16(fields.0.len() as u16);
    Ok(described.0)
}

pub(crate) fn local_header(name: &[u8], numbers: &Numbers) -> io::Result<Vec<u8>> {
    let zip64 = numbers.zip64_field();
    let described = member(name, numbers, &zip64)?;
    let header = Fields::default().bytes(LOCAL_HEADER).bytes(&described);
    debug_assert_eq!(header.0.len() as u64, NAME_IN_HEADER);
    Ok(header.bytes(name).bytes(&zip64.0).0)
}

pub(crate) fn directory_entry(name: &[u8], numbers: &Numbers) -> io::Result<Vec<u8>> {
    let own = numbers.directory_fields();
    let described = member(name, numbers, &own)?;
    let entry = Fields::default()
        .bytes(DIRECTORY_ENTRY)
        .u16(MADE_BY)
        .bytes(&described)
        // No comment, the first disk, no internal attributes.
        .u16(0)
        .u16(0)
        .u16(0)
        .u32(MODE)
        // The local header is at the start of the zip.
        .u32(0);
    Ok(entry.bytes(name).bytes(&own.0).0)
}

/// Returns the end of the zip. It includes the zip64 records only if the offset of the directory
/// does not fit into 32 bits.
pub(crate) fn end(directory: u64, length: u64) -> Vec<u8> {
    let mut fields = Fields::default();
    let near = u32::try_from(directory).ok().filter(|&place| place != SEE_ZIP64);
    if near.is_none() {
        /// The size of the zip64 end record without its first two fields.
        const RECORD: u64 = 44;
        fields = fields
            .bytes(ZIP64_END)
            .u64(RECORD)
            .u16(MADE_BY)
            .u16(VERSION)
            .u32(0)
            .u32(0)
            .u64(1)
            .u64(1)
            .u64(length)
            .u64(directory)
            .bytes(ZIP64_LOCATOR)
            .u32(0)
            .u64(directory + length)
            .u32(1);
    }
    fields
        .bytes(END)
        .u16(0)
        .u16(0)
        .u16(1)
        .u16(1)
        .u32(u32::try_from(length).unwrap_or(SEE_ZIP64))
        .u32(near.unwrap_or(SEE_ZIP64))
        .u16(0)
        .0
}

fn name_length(name: &[u8]) -> io::Result<u16> {
    u16::try_from(name.len())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a member's name is too long"))
}

/// A sequence of little-endian numbers, as in the records of a zip.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u16(self, number: u16) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    fn u32(self, number: u32) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    fn u64(self, number: u64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: u64 = 5 << 30;

    #[test]
    fn the_end_is_zip64_only_if_needed() {
        assert_eq!(end(1000, 100).len(), 22);
        let far = end(FAR, 100);
        assert_eq!(far.len(), 56 + 20 + 22);
        assert_eq!(far[..4], *ZIP64_END);
        assert_eq!(far[48..56], FAR.to_le_bytes());
        assert_eq!(far[56 + 8..56 + 16], (FAR + 100).to_le_bytes());
        assert_eq!(far[56 + 20 + 16..56 + 20 + 20], [0xff; 4]);
    }
}
