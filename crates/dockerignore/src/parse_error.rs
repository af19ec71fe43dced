//! The error of an ignore file that contains an invalid line.

use crate::pattern_error::PatternError;

/// The error for a line of an ignore file that is not a pattern.
///
/// Docker refuses the complete file in this case, like [`IgnoreFile::parse`].
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

    /// Returns the number of the line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the cleaned pattern, without a leading slash. A long pattern is truncated.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Returns the reason.
    pub fn kind(&self) -> &PatternError {
        &self.kind
    }

    /// Converts the error to its reason.
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
