//! A step of a build that failed.

use std::error::Error as StdError;
use std::fmt;

/// A step of a build that failed. What it wrote last is no part of what it displays as: that is one line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct StepFailure {
    /// Which step, counted from 1; 0 where the build failed before its first, or where steps aren't counted.
    pub number: u32,
    /// How many steps there are.
    pub total: u32,
    /// The instruction.
    pub text: String,
    /// The exit code of the step's command, where a command failed and the engine says with what.
    pub exit_code: Option<i64>,
    /// The engine's own words.
    pub message: String,
    /// The last lines of the step's output.
    pub output: Vec<String>,
}

impl StdError for StepFailure {}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number > 0 {
            write!(f, "step {}/{} `{}` failed", self.number, self.total, self.text)?;
        } else if !self.text.is_empty() {
            write!(f, "the step `{}` failed", self.text)?;
        } else {
            f.write_str("the build failed before its first step")?;
        }
        if let Some(code) = self.exit_code {
            write!(f, " with exit code {code}")?;
        }
        write!(f, "; the engine says: {}", self.message)
    }
}
