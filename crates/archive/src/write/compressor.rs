//! The deflate library: libdeflate with the feature `libdeflate`, otherwise zlib-rs.
//!
//! libdeflate is several times as fast at the same compressed size, but needs a C compiler.

use std::io;

use crate::write::level::Level;

/// A compressor that deflates each input into a complete stream.
#[cfg(feature = "libdeflate")]
pub(crate) struct Compressor(libdeflater::Compressor);

#[cfg(feature = "libdeflate")]
impl Compressor {
    pub(crate) fn new(level: Level) -> io::Result<Self> {
        // libdeflate has levels up to 12.
        Self::of_number(match level {
            Level::Fast => 1,
            Level::Default => 3,
            Level::Best => 10,
        })
    }

    /// Creates a compressor for small blocks, which compresses harder at the default level. Small
    /// blocks lose more by being independent of the content before them, and they are a small part
    /// of all bytes, so the time matters less.
    pub(crate) fn for_small_blocks(level: Level) -> io::Result<Self> {
        match level {
            Level::Default => Self::of_number(4),
            level => Self::new(level),
        }
    }

    fn of_number(number: i32) -> io::Result<Self> {
        let level = libdeflater::CompressionLvl::new(number)
            .map_err(|_| io::Error::other(format!("libdeflate has no level {number}")))?;
        Ok(Self(libdeflater::Compressor::new(level)))
    }

    /// Writes the stream to `output` and returns its length, or `None` if `output` is too short.
    pub(crate) fn deflate(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        // The only error is insufficient space.
        self.0.deflate_compress(input, output).ok()
    }
}

/// A compressor that deflates each input into a complete stream.
#[cfg(not(feature = "libdeflate"))]
pub(crate) struct Compressor {
    deflate: flate2::Compress,
    stream: Vec<u8>,
}

#[cfg(not(feature = "libdeflate"))]
impl Compressor {
    pub(crate) fn for_small_blocks(level: Level) -> io::Result<Self> {
        Self::new(level)
    }

    pub(crate) fn new(level: Level) -> io::Result<Self> {
        let level = match level {
            Level::Fast => flate2::Compression::fast(),
            Level::Default => flate2::Compression::default(),
            Level::Best => flate2::Compression::best(),
        };
        Ok(Self { deflate: flate2::Compress::new(level, false), stream: Vec::new() })
    }

    /// Writes the stream to `output` and returns its length, or `None` if `output` is too short.
    pub(crate) fn deflate(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        // zlib-rs 0.6.8 panics at its fastest level if the output is full. This buffer is larger
        // than any stream.
        self.stream.resize(2 * input.len() + 1024, 0);
        self.deflate.reset();
        let finish = flate2::FlushCompress::Finish;
        let Ok(flate2::Status::StreamEnd) = self.deflate.compress(input, &mut self.stream, finish)
        else {
            return None;
        };
        let length = usize::try_from(self.deflate.total_out()).ok()?;
        output.get_mut(..length)?.copy_from_slice(self.stream.get(..length)?);
        Some(length)
    }
}
