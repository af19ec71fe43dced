//! Decompresses layers into their diff ids.

use std::io::Write as _;

use sealift_oci::{Digest, Hasher};

use crate::codec::Codec;
#[cfg(feature = "zstd")]
use crate::codec::ZSTD_WINDOW_LOG;

/// How a layer is compressed, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Compression {
    pub(crate) const LONGEST_MAGIC: usize = 6;

    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A frame to be passed over, which may stand before the others.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::None,
        }
    }

    /// Returns why layers of this form, which engines read, are not decompressed here.
    pub(crate) fn unsupported(self) -> Option<&'static str> {
        match self {
            Self::Bzip2 => Some("is compressed by bzip2; gzip and zstd are supported"),
            Self::Xz => Some("is compressed by xz; gzip and zstd are supported"),
            Self::Zstd if !cfg!(feature = "zstd") => Some(Codec::Zstd.needs_feature()),
            Self::None | Self::Gzip | Self::Zstd => None,
        }
    }
}

/// Decompresses a layer into a hash, if it has to be.
pub(crate) enum Decompressor {
    NotNeeded(Compression),
    Gzip(Box<flate2::write::MultiGzDecoder<Hasher>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Decoder<'static, Hasher>>),
    Failed(Compression, String),
}

impl Decompressor {
    /// Creates what decompresses content of this form. Without `must`, it may be left as it is if it cannot be
    /// decompressed.
    pub(crate) fn new(compression: Compression, must: bool) -> Self {
        match compression {
            Compression::Gzip => {
                Self::Gzip(Box::new(flate2::write::MultiGzDecoder::new(Hasher::new())))
            }
            Compression::Zstd if must && !cfg!(feature = "zstd") => {
                Self::Failed(compression, Codec::Zstd.needs_feature().to_owned())
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                let decoder =
                    zstd::stream::write::Decoder::new(Hasher::new()).and_then(|mut decoder| {
                        decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                        Ok(decoder)
                    });
                match decoder {
                    Ok(decoder) => Self::Zstd(Box::new(decoder)),
                    Err(error) => Self::Failed(compression, error.to_string()),
                }
            }
            compression => Self::NotNeeded(compression),
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let result = match self {
            Self::Gzip(decoder) => decoder.write_all(bytes).map_err(|e| (Compression::Gzip, e)),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.write_all(bytes).map_err(|e| (Compression::Zstd, e)),
            Self::NotNeeded(_) | Self::Failed(..) => Ok(()),
        };
        if let Err((compression, error)) = result {
            *self = Self::Failed(compression, error.to_string());
        }
    }

    /// Returns the form of the content, and the digest of what it was decompressed to, or why it was not.
    pub(crate) fn finish(self) -> (Compression, Option<Result<Digest, String>>) {
        match self {
            Self::NotNeeded(compression) => (compression, None),
            Self::Failed(compression, reason) => (compression, Some(Err(reason))),
            Self::Gzip(decoder) => {
                let digest = decoder.finish().map(|sink| sink.finish());
                (Compression::Gzip, Some(digest.map_err(|error| error.to_string())))
            }
            #[cfg(feature = "zstd")]
            Self::Zstd(mut decoder) => {
                let digest = decoder.flush().map(|()| decoder.into_inner().finish());
                (Compression::Zstd, Some(digest.map_err(|error| error.to_string())))
            }
        }
    }
}
