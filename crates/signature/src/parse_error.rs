//! The error of a file of keys.

use std::fmt;

/// The reason why a file is not a list of signers or of revoked keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseSignersError {
    line: Option<usize>,
    reason: String,
}

impl ParseSignersError {
    pub(crate) fn whole(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into() }
    }

    /// Creates an error for a line. The index starts at 0.
    pub(crate) fn at(index: usize, reason: impl Into<String>) -> Self {
        Self { line: Some(index + 1), reason: reason.into() }
    }

    /// Returns the number of the line, from 1, or `None` if the error is about the complete file.
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for ParseSignersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} cannot be used: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for ParseSignersError {}
