//! The error of an ignore file that contains an invalid line.

use crate::pattern_error::PatternError;

/// A line of an ignore file is not a pattern.
///
/// Docker refuses the whole file in this case, and so does [`IgnoreFile::parse`].
///
/// [`IgnoreFile::parse`]: crate::IgnoreFile::parse
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a pattern: `{pattern}`: {kind}")]
pub struct ParseError {
    line: usize,
    pattern: String,
    kind: PatternError,
}

impl ParseError {
    pub(crate) fn new(line: usize, pattern: &[u8], kind: PatternError) -> Self {
        Self { line, pattern: shortened(pattern), kind }
    }

    /// Returns the number of the line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the pattern, without a leading slash and the like. A long pattern is cut off.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Returns what is wrong with the pattern.
    pub fn kind(&self) -> &PatternError {
        &self.kind
    }

    /// Returns what is wrong with the pattern.
    pub fn into_kind(self) -> PatternError {
        self.kind
    }
}

fn shortened(pattern: &[u8]) -> String {
    match pattern.get(..200) {
        Some(beginning) => format!("{}…", String::from_utf8_lossy(beginning)),
        None => String::from_utf8_lossy(pattern).into_owned(),
    }
}
