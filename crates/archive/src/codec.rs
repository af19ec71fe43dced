//! The compression formats of archives and layers, and their decoders.

use std::io::{self, BufRead, Read};

use crate::error::Fault;

/// The memory limit of the xz decoder. Streams of `xz -9` need 65 MiB.
#[cfg(feature = "xz")]
const XZ_MEMORY_KIB: u32 = 96 << 10;
/// The maximum window of a zstd stream as a power of two: 128 MiB, the default limit of the `zstd`
/// command.
#[cfg(feature = "zstd")]
pub(crate) const ZSTD_WINDOW_LOG: u32 = 27;

/// A compression format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Codec {
    /// The first bytes of streams, up to the first byte that can vary.
    pub(crate) const MAGICS: [(Self, &[u8]); 4] = [
        (Self::Gzip, &[0x1f, 0x8b, 8]),
        (Self::Zstd, &[0x28, 0xb5, 0x2f, 0xfd]),
        (Self::Xz, &[0xfd, b'7', b'z', b'X', b'Z', 0]),
        (Self::Bzip2, b"BZh91AY&SY"),
    ];

    /// The number of bytes that are enough to recognize each format.
    pub(crate) const HEAD: usize = 6;

    /// Recognizes a format by the first bytes of a stream.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        Some(match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A skippable frame, which can precede the others.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            _ => return None,
        })
    }

    /// Returns a fault if this build has no decoder for the format.
    pub(crate) fn check_enabled(self) -> Result<(), Fault> {
        let is_enabled = match self {
            Self::Gzip => true,
            Self::Zstd => cfg!(feature = "zstd"),
            Self::Xz => cfg!(feature = "xz"),
            Self::Bzip2 => cfg!(feature = "bzip2"),
        };
        let reason = format!("it {}", self.needs_feature());
        if is_enabled { Ok(()) } else { Err(Fault::Unsupported { reason }) }
    }

    /// Returns the reason why content in this format cannot be decompressed, to be printed after
    /// its name.
    pub(crate) fn needs_feature(self) -> &'static str {
        match self {
            Self::Gzip => "is compressed by gzip",
            Self::Zstd => {
                "is compressed by zstd, which needs the feature `zstd` of sealift-archive"
            }
            Self::Xz => "is compressed by xz, which needs the feature `xz` of sealift-archive",
            Self::Bzip2 => {
                "is compressed by bzip2, which needs the feature `bzip2` of sealift-archive"
            }
        }
    }
}

/// A decoder of a stream in any format.
pub(crate) enum Decoder<R: BufRead> {
    Gzip(Box<flate2::bufread::MultiGzDecoder<R>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::read::Decoder<'static, R>>),
    #[cfg(feature = "xz")]
    Xz(Box<lzma_rust2::XzReader<R>>),
    #[cfg(feature = "bzip2")]
    Bzip2(Box<bzip2::bufread::MultiBzDecoder<R>>),
}

impl<R: BufRead> Decoder<R> {
    /// Creates a decoder. Returns an error of the kind `Unsupported` if its feature is disabled.
    pub(crate) fn new(codec: Codec, input: R) -> io::Result<Self> {
        match codec {
            Codec::Gzip => Ok(Self::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(input)))),
            #[cfg(feature = "zstd")]
            Codec::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Ok(Self::Zstd(Box::new(decoder)))
            }
            #[cfg(feature = "xz")]
            Codec::Xz => Ok(Self::Xz(Box::new(lzma_rust2::XzReader::new_mem_limit(
                input,
                true,
                XZ_MEMORY_KIB,
            )))),
            #[cfg(feature = "bzip2")]
            Codec::Bzip2 => Ok(Self::Bzip2(Box::new(bzip2::bufread::MultiBzDecoder::new(input)))),
            #[cfg(not(all(feature = "zstd", feature = "xz", feature = "bzip2")))]
            codec => Err(io::Error::new(io::ErrorKind::Unsupported, codec.needs_feature())),
        }
    }

    /// Converts an error of the decoder to a fault.
    pub(crate) fn fault(&self, error: &io::Error) -> Fault {
        let (container, too_much): (_, Option<(&str, u32)>) = match self {
            Self::Gzip(_) => ("gzip stream", None),
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => {
                let is_too_large = error.to_string().contains("memory");
                ("zstd stream", is_too_large.then_some(("window", 1 << (ZSTD_WINDOW_LOG - 20))))
            }
            #[cfg(feature = "xz")]
            Self::Xz(_) => {
                let is_too_large = error.kind() == io::ErrorKind::OutOfMemory;
                ("xz stream", is_too_large.then_some(("memory", XZ_MEMORY_KIB >> 10)))
            }
            #[cfg(feature = "bzip2")]
            Self::Bzip2(_) => ("bzip2 stream", None),
        };
        match too_much {
            Some((what, mebibytes)) => Fault::LimitExceeded {
                what: format!("the {what} that its {container} requires"),
                limit: format!("{mebibytes} MiB"),
            },
            None => unreadable(container, error),
        }
    }

    pub(crate) fn into_inner(self) -> R {
        match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.finish(),
            #[cfg(feature = "xz")]
            Self::Xz(decoder) => decoder.into_inner(),
            #[cfg(feature = "bzip2")]
            Self::Bzip2(decoder) => decoder.into_inner(),
        }
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.read(buffer),
            #[cfg(feature = "xz")]
            Self::Xz(decoder) => decoder.read(buffer),
            #[cfg(feature = "bzip2")]
            Self::Bzip2(decoder) => decoder.read(buffer),
        }
    }
}

/// Returns the fault of a container that its decoder cannot read.
pub(crate) fn unreadable(container: &'static str, error: &io::Error) -> Fault {
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it is truncated".to_owned(),
        _ => error.to_string(),
    };
    Fault::BadContainer { container, reason }
}

#[cfg(test)]
mod tests {
    use crate::error::FaultKind;
    use crate::read::plain::PlainReader;

    use super::*;

    #[test]
    fn a_format_without_its_feature_is_refused_by_name() {
        for (codec, magic) in Codec::MAGICS {
            let error = match PlainReader::new(magic, "the upload") {
                Err(error) if codec.check_enabled().is_err() => error,
                // The format is supported; the truncated stream fails only when it is read.
                result => {
                    assert!(result.is_ok() && codec.check_enabled().is_ok());
                    continue;
                }
            };
            let fault = error.as_fault().unwrap();
            assert_eq!(fault.kind(), FaultKind::Unsupported);
            let feature = format!("needs the feature `{codec:?}`").to_lowercase();
            assert!(fault.to_string().contains(&feature), "{fault}");
        }
    }
}
