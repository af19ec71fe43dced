//! A compressed stream around a plain tar.

use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::thread;

use crate::read::container::Container;
use crate::write::level::Level;
use crate::write::parallel_deflate::{Deflated, ParallelDeflate};

/// The compression level of zstd, which is its default.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 3;

/// The header of a gzip stream without a name and a time, from an unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The maximum number of threads that compress one stream. More would be faster than disks and
/// networks.
const GZIP_THREADS: usize = 4;

/// A compression format in which plain tars are written.
///
/// ```
/// use sealift_archive::Compression;
///
/// assert_eq!("zst".parse::<Compression>().unwrap(), Compression::Zstd);
/// assert_eq!(Compression::Gzip.to_string(), "gz");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878. Writing it needs the feature `zstd`.
    Zstd,
}

/// The error of parsing a [`Compression`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a compression format: expected zst or gz")]
pub struct ParseCompressionError(String);

impl Compression {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Zstd, Self::Gzip];

    /// Returns the container that this format is around a plain tar.
    pub fn container(self) -> Container {
        match self {
            Self::Gzip => Container::Gzip,
            Self::Zstd => Container::Zstd,
        }
    }
}

/// Writes the extension of file names in this format, without the dot.
impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
        })
    }
}

/// Parses the extension of file names (`gz`, `zst`) or the name of the format (`gzip`, `zstd`).
impl FromStr for Compression {
    type Err = ParseCompressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "gz" | "gzip" => Ok(Self::Gzip),
            "zst" | "zstd" => Ok(Self::Zstd),
            _ => Err(ParseCompressionError(text.to_owned())),
        }
    }
}

/// A writer that compresses bytes, or passes them on uncompressed, to another writer.
///
/// The same bytes result in the same stream, which contains no time and no name. If the writer is
/// dropped before [`finish`](Self::finish) is called, the stream stays incomplete, and readers
/// report that it is truncated.
///
/// ```
/// use std::io::{Read, Write};
/// use sealift_archive::{CompressedWriter, Compression, PlainReader};
///
/// let mut writer = CompressedWriter::new(Vec::new(), Some(Compression::Gzip))?;
/// writer.write_all(b"bytes")?;
/// let stream = writer.finish()?;
///
/// let mut bytes = Vec::new();
/// PlainReader::new(stream, "the stream")?.read_to_end(&mut bytes)?;
/// assert_eq!(bytes, b"bytes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the stream is not complete until `finish` is called"]
pub struct CompressedWriter<W: Write>(Encoder<W>);

enum Encoder<W: Write> {
    Plain(W),
    Gzip(Box<Gzip<W>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Encoder<'static, W>>),
}

/// A writer of a gzip stream that compresses on several threads. The stream consists of independent
/// blocks. A block that does not become smaller is stored uncompressed.
struct Gzip<W: Write>(ParallelDeflate<W>);

impl<W: Write> Gzip<W> {
    fn new(mut output: W) -> io::Result<Self> {
        output.write_all(&GZIP_HEADER)?;
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let count = count.min(GZIP_THREADS);
        Ok(Self(ParallelDeflate::with_threads(output, Level::Default, count)?))
    }

    fn finish(self) -> io::Result<W> {
        let Deflated { mut writer, crc, size, .. } = self.0.finish()?;
        writer.write_all(&crc.to_le_bytes())?;
        // The format stores the size modulo 2^32.
        writer.write_all(&(size as u32).to_le_bytes())?;
        Ok(writer)
    }
}

impl<W: Write> CompressedWriter<W> {
    /// Creates a writer that compresses in this format. If `compression` is `None`, bytes are
    /// passed on uncompressed.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`] if the format needs a feature that is not enabled, and those
    /// of `output`.
    pub fn new(output: W, compression: Option<Compression>) -> io::Result<Self> {
        Ok(Self(match compression {
            None => Encoder::Plain(output),
            Some(Compression::Gzip) => Encoder::Gzip(Box::new(Gzip::new(output)?)),
            #[cfg(feature = "zstd")]
            Some(Compression::Zstd) => {
                let mut encoder = zstd::stream::write::Encoder::new(output, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Encoder::Zstd(Box::new(encoder))
            }
            #[cfg(not(feature = "zstd"))]
            Some(Compression::Zstd) => {
                let reason = crate::codec::Codec::Zstd.needs_feature();
                return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
            }
        }))
    }

    /// Completes the stream and returns the inner writer.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Encoder::Plain(output) => Ok(output),
            Encoder::Gzip(encoder) => encoder.finish(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for CompressedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Encoder::Plain(output) => output.write(bytes),
            Encoder::Gzip(encoder) => encoder.0.write(bytes),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Encoder::Plain(output) => output.flush(),
            Encoder::Gzip(encoder) => encoder.0.flush(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.flush(),
        }
    }
}

impl<W: Write> fmt::Debug for CompressedWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match &self.0 {
            Encoder::Plain(_) => "plain",
            Encoder::Gzip(_) => "gzip",
            #[cfg(feature = "zstd")]
            Encoder::Zstd(_) => "zstd",
        };
        f.debug_tuple("CompressedWriter").field(&format).finish()
    }
}
