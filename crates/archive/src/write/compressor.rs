//! The library that deflates: libdeflate with the feature `libdeflate`, otherwise zlib-rs.
//!
//! libdeflate is several times as fast at the same size, and is built by a C compiler.

use std::io;

use crate::write::level::Level;

/// Deflates one input after the other into a whole stream each.
#[cfg(feature = "libdeflate")]
pub(crate) struct Compressor(libdeflater::Compressor);

#[cfg(feature = "libdeflate")]
impl Compressor {
    pub(crate) fn new(level: Level) -> io::Result<Self> {
        // It counts up to 12.
        Self::of_number(match level {
            Level::Fast => 1,
            Level::Default => 3,
            Level::Best => 10,
        })
    }

    /// Creates one that tries harder at the default level: small blocks are few bytes, and lose more
    /// by the lack of a block before them.
    pub(crate) fn for_small_blocks(level: Level) -> io::Result<Self> {
        match level {
            Level::Default => Self::of_number(6),
            level => Self::new(level),
        }
    }

    fn of_number(number: i32) -> io::Result<Self> {
        let level = libdeflater::CompressionLvl::new(number)
            .map_err(|_| io::Error::other(format!("libdeflate has no level {number}")))?;
        Ok(Self(libdeflater::Compressor::new(level)))
    }

    /// Writes the stream to the output and returns its length, or `None` if the output is too
    /// short.
    pub(crate) fn deflate(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        // A lack of space is its only error.
        self.0.deflate_compress(input, output).ok()
    }
}

/// Deflates one input after the other into a whole stream each.
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

    /// Writes the stream to the output and returns its length, or `None` if the output is too
    /// short.
    pub(crate) fn deflate(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        // zlib-rs 0.6.8 panics in its fastest level if the output is full, so there is more room
        // than any stream needs.
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
