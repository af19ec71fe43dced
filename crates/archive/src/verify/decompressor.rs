//! Decompression of layers, to compute their diff ids.

use std::io::Write as _;

use sealift_oci::{Digest, Hasher};

use crate::codec::Codec;
#[cfg(feature = "zstd")]
use crate::codec::ZSTD_WINDOW_LOG;

/// Returns the reason why layers in this format are not supported, or `None` if they are. Some
/// engines support more formats.
pub(crate) fn unsupported(codec: Codec) -> Option<&'static str> {
    match codec {
        Codec::Bzip2 => Some("is compressed by bzip2; only gzip and zstd are supported"),
        Codec::Xz => Some("is compressed by xz; only gzip and zstd are supported"),
        Codec::Zstd if !cfg!(feature = "zstd") => Some(codec.needs_feature()),
        Codec::Gzip | Codec::Zstd => None,
    }
}

/// Decompresses a layer and hashes the result, if this is needed to verify it.
pub(crate) enum Decompressor {
    NotNeeded(Option<Codec>),
    Gzip(Box<flate2::write::MultiGzDecoder<Hasher>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Decoder<'static, Hasher>>),
    Failed(Codec, String),
}

impl Decompressor {
    /// Creates a decompressor of content in this format. If the format is not supported, the
    /// content is not decompressed; if `must` is set, that is a failure.
    pub(crate) fn new(codec: Option<Codec>, must: bool) -> Self {
        match codec {
            Some(Codec::Gzip) => {
                Self::Gzip(Box::new(flate2::write::MultiGzDecoder::new(Hasher::new())))
            }
            Some(codec @ Codec::Zstd) if must && !cfg!(feature = "zstd") => {
                Self::Failed(codec, codec.needs_feature().to_owned())
            }
            #[cfg(feature = "zstd")]
            Some(codec @ Codec::Zstd) => {
                let decoder =
                    zstd::stream::write::Decoder::new(Hasher::new()).and_then(|mut decoder| {
                        decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                        Ok(decoder)
                    });
                match decoder {
                    Ok(decoder) => Self::Zstd(Box::new(decoder)),
                    Err(error) => Self::Failed(codec, error.to_string()),
                }
            }
            codec => Self::NotNeeded(codec),
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let result = match self {
            Self::Gzip(decoder) => decoder.write_all(bytes).map_err(|e| (Codec::Gzip, e)),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.write_all(bytes).map_err(|e| (Codec::Zstd, e)),
            Self::NotNeeded(_) | Self::Failed(..) => Ok(()),
        };
        if let Err((codec, error)) = result {
            *self = Self::Failed(codec, error.to_string());
        }
    }

    /// Returns the format of the content, if it is compressed. Also returns the digest of the
    /// decompressed content or the error of the decoder, unless it was not decompressed.
    pub(crate) fn finish(self) -> (Option<Codec>, Option<Result<Digest, String>>) {
        match self {
            Self::NotNeeded(codec) => (codec, None),
            Self::Failed(codec, reason) => (Some(codec), Some(Err(reason))),
            Self::Gzip(decoder) => {
                let digest = decoder.finish().map(|sink| sink.finish());
                (Some(Codec::Gzip), Some(digest.map_err(|error| error.to_string())))
            }
            #[cfg(feature = "zstd")]
            Self::Zstd(mut decoder) => {
                let digest = decoder.flush().map(|()| decoder.into_inner().finish());
                (Some(Codec::Zstd), Some(digest.map_err(|error| error.to_string())))
            }
        }
    }
}
