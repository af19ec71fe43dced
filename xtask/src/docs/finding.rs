//! The results of a check of the documents.

use std::fmt;

/// A place in a file, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// Path of the file, relative to the root of the repository.
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}
