//! The 12 digits that name the image in an archive.

use std::fmt;
use std::str::FromStr;

use crate::escape::{Quoted, QuotedChar};

/// How many digits an id has.
pub(crate) const LENGTH: usize = 12;

/// The start of an image's config digest: exactly 12 lowercase hex digits.
///
/// Ids compare as text, which is also how the numbers compare. `sealift_oci::Digest::image_id`
/// returns the id of a digest.
///
/// ```
/// use sealift_filename::ImageId;
///
/// let id: ImageId = "0123456789ab".parse()?;
/// assert_eq!(id.to_string(), "0123456789ab");
/// assert_eq!(ImageId::from_bytes([0x01, 0x23, 0x45, 0x67, 0x89, 0xab]), id);
///
/// assert!("0123456789AB".parse::<ImageId>().is_err());
/// assert!("0123456789abc".parse::<ImageId>().is_err());
/// # Ok::<(), sealift_filename::ParseImageIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId([u8; LENGTH]);

impl ImageId {
    /// Creates the id from the first 6 bytes of a digest.
    pub const fn from_bytes(bytes: [u8; LENGTH / 2]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; LENGTH];
        let mut at = 0;
        while at < bytes.len() {
            digits[2 * at] = DIGITS[(bytes[at] >> 4) as usize];
            digits[2 * at + 1] = DIGITS[(bytes[at] & 15) as usize];
            at += 1;
        }
        Self(digits)
    }

    pub(crate) fn from_ascii(digits: &[u8; LENGTH]) -> Option<Self> {
        digits.iter().all(is_digit).then_some(Self(*digits))
    }

    /// Returns the 12 digits.
    #[expect(clippy::missing_panics_doc, reason = "it can't: the digits are ASCII")]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("hex digits are ASCII")
    }
}

fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Why a text is not an [`ImageId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an image id: {kind}", Quoted(input))]
pub struct ParseImageIdError {
    input: Box<str>,
    kind: ParseImageIdErrorKind,
}

/// What is wrong with a text that should be an [`ImageId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseImageIdErrorKind {
    /// The number of characters is this one, not 12.
    #[error("it has {0} characters, not 12 lowercase hex digits")]
    Length(usize),
    /// A hex digit is in upper case.
    #[error("it has {} in upper case", QuotedChar(*.0))]
    UpperCase(char),
    /// A character is not a hex digit.
    #[error("it has {}, which is no hex digit", QuotedChar(*.0))]
    Character(char),
}

impl ParseImageIdError {
    /// Returns the text that was refused.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns what is wrong with it.
    pub fn kind(&self) -> &ParseImageIdErrorKind {
        &self.kind
    }
}

impl FromStr for ImageId {
    type Err = ParseImageIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(id) = text.as_bytes().try_into().ok().and_then(Self::from_ascii) {
            return Ok(id);
        }
        let odd = text.chars().find(|char| !matches!(char, '0'..='9' | 'a'..='f'));
        let kind = match (text.chars().count(), odd) {
            (LENGTH, Some(char @ 'A'..='F')) => ParseImageIdErrorKind::UpperCase(char),
            (LENGTH, Some(char)) => ParseImageIdErrorKind::Character(char),
            (length, _) => ParseImageIdErrorKind::Length(length),
        };
        Err(ParseImageIdError { input: text.into(), kind })
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageId({self})")
    }
}

impl AsRef<str> for ImageId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}
