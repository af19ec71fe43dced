//! Containers around the plain tar of an archive.

use std::fmt;

use crate::codec::Codec;

/// The container around the plain tar of an archive. It is recognized by content, never by a file
/// name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// No container: the file is a tar.
    Tar,
    /// A zip with the tar as its only member.
    Zip,
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878, with a window of up to 128 MiB. Reading it needs the feature `zstd`.
    Zstd,
    /// xz, with up to 96 MiB of memory for its decoder. Reading it needs the feature `xz`.
    Xz,
    /// bzip2. Reading it needs the feature `bzip2`.
    Bzip2,
}

impl Container {
    /// Returns the compression format, or `None` for a tar or a zip.
    pub(crate) fn codec(self) -> Option<Codec> {
        match self {
            Self::Tar | Self::Zip => None,
            Self::Gzip => Some(Codec::Gzip),
            Self::Zstd => Some(Codec::Zstd),
            Self::Xz => Some(Codec::Xz),
            Self::Bzip2 => Some(Codec::Bzip2),
        }
    }
}

impl From<Codec> for Container {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::Gzip => Self::Gzip,
            Codec::Zstd => Self::Zstd,
            Codec::Xz => Self::Xz,
            Codec::Bzip2 => Self::Bzip2,
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::Gzip => "gzip stream",
            Self::Zstd => "zstd stream",
            Self::Xz => "xz stream",
            Self::Bzip2 => "bzip2 stream",
        })
    }
}
