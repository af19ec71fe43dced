//! Content digests, in the form of the OCI and Docker formats.

use std::fmt;
use std::str::FromStr;

use sealift_filename::{ImageId, Printable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 content digest. Its text form is `sha256:` and 64 lowercase hex digits.
///
/// The form is that of the OCI image specification, section "Digests". Engines and archives use no
/// other algorithm for images, so digests of other algorithms do not parse.
///
/// ```
/// use sealift_oci::Digest;
///
/// let digest = Digest::of(b"");
/// assert_eq!(
///     digest.to_string(),
///     "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
/// );
/// assert_eq!(digest.short(), "e3b0c44298fc");
/// assert!("sha256:e3b0".parse::<Digest>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// The error of parsing a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not `sha256:` and 64 lowercase hex digits", Printable(.0))]
pub struct ParseDigestError(String);

impl ParseDigestError {
    /// Returns the first 80 characters of the text.
    pub fn input(&self) -> &str {
        &self.0
    }
}

impl Digest {
    /// Computes the digest of bytes in memory. For content in pieces, use
    /// [`Hasher`](crate::Hasher).
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Creates a digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses 64 lowercase hex digits, as in the names of archive entries. Returns `None` for any
    /// other text.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digits: &[u8; 64] = hex.as_bytes().try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Returns the 64 hex digits without `sha256:`.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the first 12 hex digits, the short form in command output and archive names.
    pub fn short(&self) -> String {
        self.image_id().to_string()
    }

    /// Returns the first 12 hex digits as an image id, as in the name of an archive.
    pub fn image_id(&self) -> ImageId {
        ImageId::from_bytes([self.0[0], self.0[1], self.0[2], self.0[3], self.0[4], self.0[5]])
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("sha256:")
            .and_then(Self::from_hex)
            .ok_or_else(|| ParseDigestError(text.chars().take(80).collect()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
