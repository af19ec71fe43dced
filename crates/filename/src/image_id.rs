//! The image id in the name of an archive.

use std::fmt;
use std::str::FromStr;

use crate::escape::{Quoted, QuotedChar};

/// The number of digits in an id.
pub(crate) const LENGTH: usize = 12;

/// An image id: the first 12 lowercase hex digits of a digest, by default of the image's config.
///
/// Ids compare as text, which is the same order as that of the numbers.
/// `sealift_oci::Digest::image_id` returns the id of a digest.
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
    /// Creates an id from the first 6 bytes of a digest.
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
    #[expect(clippy::missing_panics_doc, reason = "it cannot panic, because the digits are ASCII")]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("hex digits are ASCII")
    }
}

fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// The error of parsing an [`ImageId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an image id: {kind}", Quoted(input))]
pub struct ParseImageIdError {
    input: Box<str>,
    kind: ParseImageIdErrorKind,
}

/// The reason of a [`ParseImageIdError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseImageIdErrorKind {
    /// The text has this number of characters instead of 12.
    #[error("it has {0} characters, not 12 lowercase hex digits")]
    Length(usize),
    /// The text contains an uppercase hex digit.
    #[error("it contains the uppercase letter {}", QuotedChar(*.0))]
    UpperCase(char),
    /// The text contains a character that is not a hex digit.
    #[error("it contains {}, which is not a hex digit", QuotedChar(*.0))]
    Character(char),
}

impl ParseImageIdError {
    /// Returns the text that is not an id.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
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
